import type { Fault, Stage } from '../fault.ts';
import { QUIET_SHOP } from '../manifests.ts';
import { openReporting, type Reporting } from '../reporting.ts';

/**
 * Of 30 connections 3 are reserved and the exporter takes 2. At 10 requests a second the shop does with 3 or 4, and a job asks for 24 until it has them.
 * At 40 orders alone needs 3 to 4 at any time and its pools ask for up to 8: the server refuses with SQLSTATE 53300.
 */
const QUIET_RATE_PER_S = 10;
const BUSY_RATE_PER_S = 40;
const HELD_CONNECTIONS = 24;

const held = new WeakMap<Stage, Reporting>();

export const databaseLimit: Fault = {
  id: 'database-limit',
  description:
    'a reporting job keeps nearly all connections of the database server; when traffic comes, the shop is refused',
  smoke: true,
  shop: { orders: { ...QUIET_SHOP.orders, queryMs: 80 } },
  quietRatePerS: QUIET_RATE_PER_S,
  causeExpected: 'database-connections-exhausted',
  leverExpected: 'notify',
  refusedExpected: 'scale-workload',
  mayMove: [],
  async on(stage) {
    held.set(stage, await openReporting(stage.world, HELD_CONNECTIONS));
    stage.load.setRate(BUSY_RATE_PER_S);
  },
  async off(stage) {
    stage.load.setRate(QUIET_RATE_PER_S);
    await held.get(stage)?.close();
    held.delete(stage);
  },
  cure: async (stage) => held.get(stage)?.close(),
  harm: ({ shop }) => shop.scale('orders', 5),
};

import type { Fault } from '../fault.ts';
import { QUIET_SHOP } from '../manifests.ts';
import { replicasOf } from './may-move.ts';

/** Ten requests a second and pod at 45 ms of processor each want 0.45 of a core, half again as much as the limit allows. */
const LIMIT = '300m';
const BURN_MS = 45;

export const cpuSurge: Fault = {
  id: 'cpu-surge',
  description: 'each request of orders needs more processor time than its limit gives at the usual traffic',
  smoke: false,
  shop: { orders: { ...QUIET_SHOP.orders, limits: { cpu: LIMIT } } },
  quietRatePerS: 20,
  causeExpected: 'cpu-saturated',
  leverExpected: 'scale-workload',
  mayMove: [replicasOf('orders')],
  async on({ shop }) {
    await shop.setFaults('orders', { cpuBurnMs: BURN_MS });
  },
  async off({ shop }) {
    await shop.setFaults('orders', { cpuBurnMs: 0 });
  },
  cure: ({ shop }) => shop.scale('orders', 5),
};

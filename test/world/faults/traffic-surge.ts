import type { Fault } from '../fault.ts';
import { QUIET_SHOP } from '../manifests.ts';
import { replicasOf } from './may-move.ts';

/** A release that burns 20 ms of processor a request: two pods at 0.3 of a core serve some 25 requests a second, six of them 75. */
const RELEASE = { ...QUIET_SHOP.orders, limits: { cpu: '300m' }, faults: { cpuBurnMs: 20 } };
const QUIET_RATE_PER_S = 8;

export const trafficSurge: Fault = {
  id: 'traffic-surge',
  description: 'four times as many users as usual come, and orders runs out of processor',
  smoke: false,
  shop: { orders: RELEASE },
  quietRatePerS: QUIET_RATE_PER_S,
  // A rate over two minutes is too low until it has looked back for as long.
  quietMs: 360_000,
  causeExpected: 'traffic-surge',
  leverExpected: 'scale-workload',
  // Processes that have no processor fail their probes as well.
  mayMove: [{ ...replicasOf('orders'), pods: 'restart' }],
  async on({ load }) {
    load.setRate(QUIET_RATE_PER_S * 4);
  },
  async off({ load }) {
    load.setRate(QUIET_RATE_PER_S);
  },
  cure: ({ shop }) => shop.scale('orders', 6),
};

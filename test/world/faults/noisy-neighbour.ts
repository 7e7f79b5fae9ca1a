import type { Fault } from '../fault.ts';
import { QUIET_SHOP, SHOP_NAMESPACE } from '../manifests.ts';

/**
 * A pod of orders needs some 0.2 of a processor: ten requests a second at 12 ms each, and the rest of its work. On a node of 0.75 it has that
 * while its neighbours are quiet. The pod of reports has a share of 400 against 100 of orders and of web: of the 0.2 some 0.13 are left.
 */
const NODE_PROCESSORS = 0.75;
const BURN_MS = 12;
const THREADS = 3;

export const noisyNeighbour: Fault = {
  id: 'noisy-neighbour',
  description: 'a report that nobody limited uses up the processor of a node, and the users of orders beside it wait',
  smoke: false,
  nodeProcessors: NODE_PROCESSORS,
  shop: {
    orders: { ...QUIET_SHOP.orders, faults: { cpuBurnMs: BURN_MS } },
    reports: { replicas: 2, workMs: 0, requests: { cpu: '400m' } },
  },
  quietRatePerS: 20,
  causeExpected: 'node-trouble',
  leverExpected: 'evict-pod',
  mayMove: [{ kind: 'Deployment', namespace: SHOP_NAMESPACE, name: 'reports', fields: [], pods: 'come-and-go' }],
  on: ({ shop }) => shop.setFaultsBeside('reports', 'orders', { spinThreads: THREADS }),
  async off({ shop }) {
    await shop.setFaults('reports', { spinThreads: 0 });
  },
  async cure({ shop }) {
    await shop.setFaults('reports', { spinThreads: 0 });
  },
};

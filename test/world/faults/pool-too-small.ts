import type { Fault } from '../fault.ts';
import { SHOP_NAMESPACE } from '../manifests.ts';

/**
 * Two replicas with three connections each, held for some 125 ms a request, serve about 48 requests a second. At 20 nobody waits; at 54 the
 * queue grows until it times out. Each further replica adds 24 a second, and the database has room for five of them.
 */
const QUIET_RATE_PER_S = 20;
const BUSY_RATE_PER_S = 54;

export const poolTooSmall: Fault = {
  id: 'pool-too-small',
  description: 'traffic grows until requests of orders wait for a connection of its pools; the database has room',
  smoke: true,
  shop: {
    orders: { replicas: 2, workMs: 2, poolMax: 3, queryMs: 120, connectionTimeoutMs: 3_000 },
  },
  quietRatePerS: QUIET_RATE_PER_S,
  causeExpected: 'connection-pool-waiting',
  leverExpected: 'scale-workload',
  mayMove: [
    {
      kind: 'Deployment',
      namespace: SHOP_NAMESPACE,
      name: 'orders',
      fields: ['spec.replicas'],
      pods: 'come-and-go',
    },
  ],
  async on({ load }) {
    load.setRate(BUSY_RATE_PER_S);
  },
  async off({ load }) {
    load.setRate(QUIET_RATE_PER_S);
  },
  cure: ({ shop }) => shop.scale('orders', 4),
};

import type { Fault } from '../fault.ts';
import { QUIET_SHOP, SHOP_NAMESPACE } from '../manifests.ts';
import { replicasOf } from './may-move.ts';

const PATH = `/apis/autoscaling/v2/namespaces/${SHOP_NAMESPACE}/horizontalpodautoscalers`;
/** Surged, 32 requests a second at 20 ms of processor each, and the rest of the work: more than two pods have, two thirds of what four have. */
const QUIET_RATE_PER_S = 8;
const BURN_MS = 20;

export const hpaAtLimit: Fault = {
  id: 'hpa-at-limit',
  description: 'the autoscaler of orders wants more replicas than its maximum of two allows',
  smoke: false,
  shop: { orders: { ...QUIET_SHOP.orders, limits: { cpu: '300m' }, faults: { cpuBurnMs: BURN_MS } } },
  quietRatePerS: QUIET_RATE_PER_S,
  causeExpected: 'autoscaler-at-limit',
  leverExpected: 'raise-autoscaler-limit',
  // Processes that have no processor fail their probes as well.
  mayMove: [
    { ...replicasOf('orders'), pods: 'restart' },
    {
      kind: 'HorizontalPodAutoscaler',
      namespace: SHOP_NAMESPACE,
      name: 'orders',
      fields: ['spec.maxReplicas'],
      pods: 'stay',
    },
  ],
  async before({ world }) {
    await world.admin.create(PATH, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'orders', namespace: SHOP_NAMESPACE },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'orders' },
        minReplicas: 2,
        maxReplicas: 2,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 150 } } },
        ],
      },
    });
  },
  async on({ load }) {
    load.setRate(QUIET_RATE_PER_S * 4);
  },
  async off({ world, load }) {
    load.setRate(QUIET_RATE_PER_S);
    await world.admin.delete(`${PATH}/orders`);
  },
};

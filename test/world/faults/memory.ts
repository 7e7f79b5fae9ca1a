import type { Fault, Stage } from '../fault.ts';
import { QUIET_SHOP } from '../manifests.ts';
import { templateOf } from './may-move.ts';

/** A process of the shop takes some 65 MiB when it is at ease. */
const LIMIT = '192Mi';

/** Ten requests a second and pod leave 40 KB each: 24 MB a minute, the limit after some four and a half. */
export const memoryLeak: Fault = {
  id: 'memory-leak',
  description: 'each request of orders leaves memory behind until the limit is near',
  smoke: false,
  shop: { orders: { ...QUIET_SHOP.orders, limits: { memory: LIMIT } } },
  quietRatePerS: 20,
  causeExpected: 'memory-leaking',
  leverExpected: 'restart-workload',
  mayMove: [templateOf('orders')],
  async on({ shop }) {
    await shop.setFaults('orders', { memoryLeakKb: 40 });
  },
  async off({ shop }) {
    await shop.setFaults('orders', { memoryLeakKb: 0 });
  },
};

/** Each start works for a while and then needs more than it may have: the reports of the day are larger than the limit. */
const AGAIN_EVERY_MS = 20_000;
/** Beyond the limit, and within one that is half as large again. */
const NEEDED_MB = 160;

export const outOfMemory: Fault = {
  id: 'out-of-memory',
  description: 'orders needs more memory than its limit again and again, and is killed each time',
  smoke: false,
  shop: { orders: { ...QUIET_SHOP.orders, limits: { memory: LIMIT } } },
  quietRatePerS: 20,
  causeExpected: 'out-of-memory',
  leverExpected: 'raise-resources',
  mayMove: [templateOf('orders')],
  async on(stage) {
    // A process that is killed for it does not answer.
    const allocate = () => stage.shop.setFaults('orders', { allocateMb: NEEDED_MB }).catch(() => undefined);
    running.set(
      stage,
      setInterval(() => void allocate(), AGAIN_EVERY_MS),
    );
    await allocate();
  },
  async off(stage) {
    clearInterval(running.get(stage));
  },
};

const running = new WeakMap<Stage, NodeJS.Timeout>();

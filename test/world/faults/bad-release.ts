import type { Fault } from '../fault.ts';
import type { FaultChange } from '../shop/faults.ts';
import { templateOf } from './may-move.ts';

function badRelease(id: string, description: string, faults: FaultChange): Fault {
  return {
    id,
    description,
    smoke: false,
    quietRatePerS: 20,
    causeExpected: 'bad-release',
    leverExpected: 'rollback-release',
    mayMove: [templateOf('orders')],
    // One that never becomes ready would be waited for in vain.
    on: ({ shop }) => shop.release('orders', { release: '1.1.0', faults }, { wait: false }),
    off: ({ shop }) => shop.release('orders', { release: '1.0.0', faults: {} }),
    cure: ({ shop }) => shop.release('orders', { release: '1.0.0', faults: {} }),
  };
}

export const badReleaseErrors = badRelease(
  'bad-release-errors',
  'a new release of orders fails a third of its requests',
  { errorRate: 0.33 },
);

export const badReleaseSlow = badRelease(
  'bad-release-slow',
  'a new release of orders takes almost a second longer and fails nothing',
  { latencyMs: 900 },
);

export const crashLoop = badRelease(
  'crash-loop',
  'a new release of orders ends by itself some seconds after each start',
  { exitAfterMs: 6_000 },
);

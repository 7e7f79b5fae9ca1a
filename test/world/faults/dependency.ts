import type { Fault } from '../fault.ts';
import type { FaultChange } from '../shop/faults.ts';

/** The provider of payments is outside of what Hale may touch: a person has to be told, whatever is wrong with it. */
function dependency(
  id: string,
  description: string,
  causeExpected: 'dependency-down' | 'dependency-slow',
  change: FaultChange,
  end: FaultChange,
): Fault {
  return {
    id,
    description,
    smoke: false,
    quietRatePerS: 20,
    causeExpected,
    leverExpected: 'notify',
    mayMove: [],
    async on({ shop }) {
      await shop.setFaults('payments', change);
    },
    async off({ shop }) {
      await shop.setFaults('payments', end);
    },
    async cure({ shop }) {
      await shop.setFaults('payments', end);
    },
  };
}

export const deadDependency = dependency(
  'dead-dependency',
  'the provider of payments fails every call',
  'dependency-down',
  { errorRate: 1 },
  { errorRate: 0 },
);

export const slowDependency = dependency(
  'slow-dependency',
  'the provider of payments answers after a second and a half',
  'dependency-slow',
  { latencyMs: 1_500 },
  { latencyMs: 0 },
);

import { describe, expect, it } from 'vitest';
import { incidentOf, T0 } from '../../test/contract/store-records.ts';
import type { Incident } from '../domain/incident.ts';
import { SIGNALS_SHOWN } from '../domain/signal.ts';
import type { Change } from '../ports/store.ts';
import type { WorkflowDeps } from './deps.ts';
import { openScene } from './open-scene.ts';
import { createReadingPool } from './reading.ts';

function holding(count: number, fields: Partial<Incident>): Incident {
  return incidentOf('a', { ...fields, firing: Array.from({ length: count }, (_, index) => `occurrence ${index}`) });
}

/** What the commit at the end of a tick saves. */
async function savedBy(before: Incident, next: Incident): Promise<NonNullable<Change['save']>[number] | undefined> {
  const changes: Change[] = [];
  const deps = {
    store: {
      commit: async (change: Change) => {
        changes.push(change);
        return 'committed';
      },
    },
    clock: { now: () => T0 },
    redact: { text: (text: string) => text },
    meter: { phaseEntered: () => undefined },
    steps: { reached: () => undefined },
    topology: () => null,
    logs: null,
  } as unknown as WorkflowDeps;
  await openScene(deps, createReadingPool(), before, T0, AbortSignal.timeout(60_000), []).finish(next);
  return changes[0]?.save?.[0];
}

describe('signals that come during a tick', () => {
  it('of a diagnosis that holds plenty of them wait for its next look', async () => {
    const before = holding(SIGNALS_SHOWN, { phase: 'diagnosing' });

    const saved = await savedBy(before, { ...before, wakeAt: T0 + 10_000 });

    expect(saved).toMatchObject({ record: { wakeAt: T0 + 10_000 }, unreadWakeAt: T0 + 10_000 });
  });

  it.each([
    { what: 'a diagnosis that holds few', phase: 'diagnosing', next: 'diagnosing', count: SIGNALS_SHOWN - 1 },
    { what: 'an incident that is held', phase: 'held', next: 'held', count: SIGNALS_SHOWN },
    { what: 'a phase that has just begun', phase: 'collecting', next: 'diagnosing', count: SIGNALS_SHOWN },
  ] as const)('of $what make it due at once', async ({ phase, next, count }) => {
    const before = holding(count, { phase });

    const saved = await savedBy(before, { ...before, phase: next, wakeAt: T0 + 10_000 });

    expect(saved).toBeDefined();
    expect(saved).not.toHaveProperty('unreadWakeAt');
  });
});

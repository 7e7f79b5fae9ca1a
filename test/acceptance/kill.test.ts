import { describe, expect, it } from 'vitest';
import { startWorkflow } from '../fakes/workflow.ts';

const MINUTE_MS = 60_000;

/** The whole way of one healed incident, with a death after `killAt` steps (none when infinite). Returns how it ended. */
async function live(killAt: number) {
  const hale = await startWorkflow();
  hale.killAtStep(killAt);
  await hale.alert();
  await hale.run(20_000);
  const died = hale.steps.length >= killAt;
  if (died) await hale.restart();
  await hale.run(90_000);
  const subject = (await hale.incident()).subject;
  const view = subject === null ? null : hale.cluster.reader.workload(subject);
  if (view)
    hale.cluster.change(view.subject, {
      readyReplicas: view.replicas ?? 0,
      updatedReplicas: view.replicas ?? 0,
      availableReplicas: view.replicas ?? 0,
      observedGeneration: view.generation,
    });
  hale.world.usersS = 0.1;
  hale.world.causeThere = false;
  await hale.alert('resolved');
  await hale.run(4 * MINUTE_MS);
  const incident = await hale.incident();
  const end = {
    phase: incident.phase,
    plans: incident.plans.map((plan) => plan.status).at(-1),
    writes: hale.cluster.writes.length,
    incidents: (await hale.incidents()).length,
  };
  const steps = [...hale.steps];
  await hale.close();
  return { end, steps, died };
}

describe('a death between any two steps of a tick', async () => {
  const whole = await live(Number.POSITIVE_INFINITY);
  const upToTheWrite = whole.steps.indexOf('acting.finished') + 3;

  it('without a death ends resolved with one write', () => {
    expect(whole.end).toEqual({ phase: 'resolved', plans: 'verified', writes: 1, incidents: 1 });
    expect(upToTheWrite).toBeGreaterThan(15);
  });

  it.each(Array.from({ length: upToTheWrite }, (_, index) => [index + 1, whole.steps[index]] as const))(
    'after step %i (%s) it ends the same way, with one write',
    async (killAt) => {
      const { end, died } = await live(killAt);

      expect(died).toBe(true);
      expect(end).toEqual(whole.end);
    },
  );
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Incident } from '../../src/domain/incident.ts';
import type { Intent } from '../../src/domain/intent.ts';
import type { Mode } from '../../src/domain/mode.ts';
import { subjectKey } from '../../src/gates/target-busy.ts';
import { startWorkflow, testPolicy, type WorkflowHarness } from '../fakes/workflow.ts';

const LONG = process.env['HALE_LONG'] === '1';
const RUNS = LONG ? 400 : 8;
const MAX_REPLICAS = 10;
const orders = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'orders', uid: 'uid-orders' };
const rung = {
  remediation: 'scale-workload',
  settings: { maxReplicas: MAX_REPLICAS, database: 'none' },
  returnAfter: '10m',
};

/** What may happen to Hale, each in one word and at most one value. */
const Happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('time' as const), seconds: fc.integer({ min: 5, max: 420 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('alert' as const), again: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'resolve' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('users' as const), seconds: fc.constantFrom(0.1, 0.9, 3, null) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cause' as const), there: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('prometheus' as const), down: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('freeze' as const), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('channel' as const), up: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reachable' as const), yes: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      answer: fc.constantFrom('unavailable' as const, 'lost-answer' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('person' as const), replicas: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('mode' as const),
      mode: fc.constantFrom<Mode[]>('observe', 'suggest', 'approve', 'auto'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'approve' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('kill' as const), steps: fc.integer({ min: 1, max: 40 }) }) },
);
type Happening = typeof Happening extends fc.Arbitrary<infer T> ? T : never;

interface Told {
  occurrence: number;
  kills: number;
  frozen: boolean;
}

async function happen(hale: WorkflowHarness, what: Happening, told: Told): Promise<void> {
  switch (what.kind) {
    case 'time':
      return live(hale, what.seconds * 1_000);
    case 'alert':
      if (what.again) told.occurrence += 1;
      return hale.alert('firing', `fp|${told.occurrence}`);
    case 'resolve':
      return hale.alert('resolved', `fp|${told.occurrence}`);
    case 'users':
      hale.world.usersS = what.seconds;
      return;
    case 'cause':
      hale.world.causeThere = what.there;
      return;
    case 'prometheus':
      hale.world.prometheusDown = what.down;
      return;
    case 'freeze':
      told.frozen = what.on;
      await hale.store.commit({ freeze: { frozen: what.on, by: 'alice', reason: 'test', at: hale.now() } });
      return;
    case 'channel':
      hale.world.channelUp = what.up;
      return;
    case 'reachable':
      return hale.cluster.setReachable(what.yes);
    case 'write':
      return hale.cluster.nextWrite(what.answer);
    case 'person':
      return hale.cluster.change(orders, { replicas: what.replicas, replicasManager: 'kubectl' });
    case 'mode':
      hale.world.mode = what.mode;
      return;
    case 'approve':
      return approve(hale);
    case 'kill':
      told.kills += 1;
      hale.killAtStep(hale.steps.length + what.steps);
      await live(hale, 60_000);
      return hale.restart();
  }
}

async function approve(hale: WorkflowHarness): Promise<void> {
  for (const incident of await hale.incidents()) {
    const plan = incident.plans.find((item) => item.id === incident.planId);
    if (incident.phase !== 'held' || plan === undefined || (await hale.store.approvalFor(plan.digest)) !== null)
      continue;
    const at = hale.now();
    const answer = { id: `yes-${plan.digest}`, incidentId: incident.id, planDigest: plan.digest, by: 'alice', at };
    await hale.store.commit({ approval: { ...answer, answer: 'approved', expiresAt: at + 300_000, usedAt: null } });
  }
}

/** Time passes in short pieces, and the controllers follow the replicas. */
async function live(hale: WorkflowHarness, forMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < forMs; passedMs += 5_000) {
    await hale.run(Math.min(5_000, forMs - passedMs));
    const view = hale.cluster.reader.workload(orders);
    const replicas = view?.replicas ?? 0;
    const settled = { readyReplicas: replicas, updatedReplicas: replicas, availableReplicas: replicas };
    hale.cluster.change(orders, { ...settled, observedGeneration: view?.generation ?? 1 });
  }
}

async function intentsOf(hale: WorkflowHarness): Promise<readonly Intent[]> {
  const incidents = await hale.incidents();
  return (await Promise.all(incidents.map((incident) => hale.store.intentsOf(incident.id)))).flat();
}

/** A broken invariant ends the run with the history that led to it. */
function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`not true: ${rule}`);
}

/** What is true at every moment. */
async function holdsAlways(hale: WorkflowHarness): Promise<void> {
  const intents = new Set((await intentsOf(hale)).map((intent) => intent.id));
  const written = hale.cluster.writes.map((write) => write.intentId);
  must(new Set(written).size === written.length, 'an intent writes at most once');
  must(
    written.every((id) => intents.has(id)),
    'every write has its intent',
  );
  must(
    hale.cluster.writes.every(({ to }) => to <= MAX_REPLICAS),
    'replicas stay under the ceiling',
  );
  for (const { phase, wakeAt } of await hale.incidents())
    must(phase === 'closed' || wakeAt !== null, `an incident in ${phase} wakes again`);
  for (const { duty, wakeAt } of await hale.store.obligations({ openOnly: true, limit: 200 }))
    must(wakeAt !== null, `an open ${duty.kind} wakes again`);
}

/** What is true once the world has been calm for long. */
async function holdsAtTheEnd(hale: WorkflowHarness, told: Told): Promise<void> {
  const incidents = await hale.incidents();
  const intents = await intentsOf(hale);
  must(
    intents.every((intent) => intent.outcome !== null),
    'every intent has an outcome',
  );
  const busy = incidents.some(({ phase }) => ['acting', 'verifying', 'rolling-back'].includes(phase));
  must(busy || (await hale.store.holderOf(subjectKey(orders.uid))) === null, 'nothing is held');

  const healing = new Set(incidents.filter(({ purpose }) => purpose === 'heal').map(({ id }) => id));
  const forward = intents.filter(
    ({ direction, outcome, incidentId }) =>
      direction === 'apply' && outcome?.result === 'applied' && healing.has(incidentId),
  );
  must(forward.length <= 3, 'the budget of the cause is kept');
  for (const incident of incidents) await holdsForIncident(incident, intents, hale, told);
  for (const intent of forward) await holdsForChange(intent, hale);

  const returned = incidents.filter(({ purpose }) => purpose === 'return').map((it) => it.plans[0]?.returnOfIntentId);
  must(new Set(returned).size === returned.length, 'a change is returned at most once');
}

async function holdsForIncident(
  incident: Incident,
  intents: readonly Intent[],
  hale: WorkflowHarness,
  told: Told,
): Promise<void> {
  must((await hale.store.inboxEnd(incident.id)) <= incident.inboxRead, 'every signal was taken in');
  const unknown = incident.plans.find((plan) => plan.status === 'not-verified');
  const last = intents.findLast((intent) => intent.incidentId === incident.id);
  must(unknown === undefined || last?.planId === unknown.id, 'nothing is written after unknown');
  const messages = hale.told.filter((notification) => notification.incidentId === incident.id);
  // A death between delivery and its commit tells once more.
  must(messages.length <= 8 + told.kills, 'messages about one incident are bounded');
}

async function holdsForChange(intent: Intent, hale: WorkflowHarness): Promise<void> {
  const { incidentId } = intent;
  const owed = await hale.store.obligations({ openOnly: false, incidentId, kind: 'return', limit: 20 });
  const own = owed.filter(({ duty }) => duty.kind === 'return' && duty.intentId === intent.id);
  must(own.length === 1, 'every change owes one return');
  must(own[0]?.status !== 'open', 'a return comes to an end');
}

async function check(happenings: readonly Happening[]): Promise<void> {
  const hale = await startWorkflow({ policy: testPolicy({ ladder: [rung, rung] }) });
  const told: Told = { occurrence: 1, kills: 0, frozen: false };
  try {
    await hale.alert();
    for (const what of happenings) {
      const before = hale.cluster.writes.length;
      const frozen = told.frozen;
      await happen(hale, what, told);
      must(!frozen || hale.cluster.writes.length === before, 'nothing is written while frozen');
      await holdsAlways(hale);
    }
    await hale.store.commit({ freeze: { frozen: false, by: 'alice', reason: 'calm', at: hale.now() } });
    Object.assign(hale.world, { prometheusDown: false, causeThere: false, usersS: 0.1, channelUp: true });
    hale.cluster.setReachable(true);
    for (let occurrence = 1; occurrence <= told.occurrence; occurrence += 1)
      await hale.alert('resolved', `fp|${occurrence}`);
    await live(hale, 45 * 60_000);
    await holdsAlways(hale);
    await holdsAtTheEnd(hale, told);
  } finally {
    await hale.close();
  }
}

describe('whatever happens', () => {
  it(
    'no write is without intent, doubled, frozen, unbounded or forgotten',
    async () => {
      const runs = fc.assert(fc.asyncProperty(fc.array(Happening, { minLength: 6, maxLength: 24 }), check), {
        numRuns: RUNS,
      });
      await expect(runs).resolves.toBeUndefined();
    },
    LONG ? 1_200_000 : 60_000,
  );
});

import { afterEach, describe, expect, it } from 'vitest';
import { subjectKey } from '../../src/gates/target-busy.ts';
import { startWorkflow, testPolicy, type WorkflowHarness } from '../fakes/workflow.ts';

const MINUTE_MS = 60_000;
const orders = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'orders', uid: 'uid-orders' };
let open: WorkflowHarness | null = null;
async function start(...args: Parameters<typeof startWorkflow>): Promise<WorkflowHarness> {
  open = await startWorkflow(...args);
  return open;
}
afterEach(async () => {
  await open?.close();
  open = null;
});

function settlePods(hale: WorkflowHarness): void {
  const view = hale.cluster.reader.workload(orders);
  const replicas = view?.replicas ?? 0;
  const settled = { readyReplicas: replicas, updatedReplicas: replicas, availableReplicas: replicas };
  hale.cluster.change(orders, { ...settled, observedGeneration: view?.generation ?? 1 });
}

async function actedUpon(hale: WorkflowHarness): Promise<void> {
  await hale.alert();
  await hale.run(20_000);
  settlePods(hale);
}

async function approve(hale: WorkflowHarness, id: string): Promise<void> {
  const incident = await hale.incident();
  const planDigest = incident.plans.at(-1)?.digest ?? '';
  const at = hale.now();
  const result = await hale.store.commit({
    approval: {
      id,
      incidentId: incident.id,
      planDigest,
      answer: 'approved',
      by: 'alice',
      at,
      expiresAt: at + MINUTE_MS,
      usedAt: null,
    },
  });
  expect(result).toBe('committed');
}

describe('an intent always gets an outcome', () => {
  it('when the API is gone for minutes right after the write', async () => {
    const hale = await start();
    hale.cluster.nextWrite('lost-answer');
    await hale.alert();
    await hale.run(11_000);
    hale.cluster.setReachable(false);
    await hale.run(3 * MINUTE_MS);
    expect((await hale.incident()).phase).toBe('acting');

    hale.cluster.setReachable(true);
    await hale.run(30_000);

    expect((await hale.incident()).phase).toBe('verifying');
    expect(hale.cluster.writes).toHaveLength(1);
  });

  it('unknown when nobody can look for long, the subject free again and a person told', async () => {
    const hale = await start();
    hale.cluster.nextWrite('lost-answer');
    await hale.alert();
    await hale.run(11_000);
    hale.cluster.setReachable(false);
    await hale.run(8 * MINUTE_MS);

    const incident = await hale.incident();
    expect(incident.phase).toBe('escalated');
    expect((await hale.store.intentsOf(incident.id)).map((intent) => intent.outcome?.result)).toEqual(['unknown']);
    expect(await hale.store.holderOf(subjectKey(orders.uid))).toBeNull();
    expect(hale.told.map((notification) => notification.severity)).toEqual(['page']);
  });

  it('and frees the subject when the phase itself is given up', async () => {
    const hale = await start();
    await actedUpon(hale);
    const incident = await hale.incident();
    const { version } = incident;
    const broken = { ...incident, verification: null };
    expect(await hale.store.commit({ save: [{ record: broken, expectedVersion: version }] })).toBe('committed');
    await hale.run(4 * MINUTE_MS);

    const ended = await hale.incident();
    expect(ended.phase).toBe('escalated');
    expect(ended.plans.map((plan) => plan.status)).toEqual(['not-verified']);
    expect(await hale.store.holderOf(subjectKey(orders.uid))).toBeNull();
  });
});

describe('budgets', () => {
  it('keep what an earlier rung has spent when a later one is not applied', async () => {
    const rung = { remediation: 'scale-workload', settings: { maxReplicas: 10, database: 'none' } };
    const base = testPolicy().policy;
    const limits = { ...base.limits, cooldown: 1_000 };
    const loaded = testPolicy({ ladder: [rung, rung] });
    const hale = await start({ policy: { ...loaded, policy: { ...loaded.policy, limits } } });
    await actedUpon(hale);
    for (let second = 0; second < 400 && hale.cluster.writes.length < 2; second += 1) await hale.run(1_000);
    settlePods(hale);
    hale.cluster.nextWrite('unavailable');
    await hale.run(90_000);

    const incident = await hale.incident();
    const outcomes = (await hale.store.intentsOf(incident.id)).map((intent) => intent.outcome?.result);
    expect(outcomes.slice(0, 3)).toEqual(['applied', 'applied', 'not-applied']);
    const applied = (await hale.store.intentsOf(incident.id)).filter(
      (intent) => intent.direction === 'apply' && intent.outcome?.result !== 'not-applied',
    );
    const { used } = await hale.store.counted(`budget:workload:${orders.uid}`, 0);
    expect(used).toBeGreaterThanOrEqual(applied.length);
  });
});

describe('an approval', () => {
  it('is asked for anew, and counts, when the same trouble comes again another time', async () => {
    const hale = await start({ mode: 'approve' });
    await hale.alert();
    await hale.run(30_000);
    await approve(hale, 'approval-1');
    await hale.run(30_000);
    settlePods(hale);
    hale.world.usersS = 0.1;
    hale.world.causeThere = false;
    await hale.alert('resolved');
    await hale.run(40 * MINUTE_MS);
    hale.cluster.change(orders, { replicas: 3, replicasManager: 'kubectl' });
    settlePods(hale);
    hale.world.usersS = 0.9;
    hale.world.causeThere = true;
    await hale.alert('firing', 'fp|2');
    await hale.run(30_000);
    expect((await hale.incident()).phase).toBe('held');
    expect(hale.told.filter(({ kind }) => kind === 'approval')).toHaveLength(2);

    await approve(hale, 'approval-2');
    await hale.run(30_000);

    expect(hale.cluster.writes).toHaveLength(2);
  });

  it('that is no longer needed is said so, on the channel that asked', async () => {
    const hale = await start({ mode: 'approve' });
    await hale.alert();
    await hale.run(30_000);
    hale.world.usersS = 0.1;
    hale.world.causeThere = false;
    await hale.run(3 * MINUTE_MS);

    expect((await hale.incident()).phase).toBe('self-resolved');
    expect(hale.told.map(({ kind }) => kind)).toEqual(['approval', 'resolved']);
  });
});

describe('a plan past its deadline', () => {
  it('goes to a person, also when the gates would let it through by then', async () => {
    const hale = await start();
    await hale.store.commit({ freeze: { frozen: true, by: 'alice', reason: 'release', at: hale.now() } });
    await hale.alert();
    await hale.run(MINUTE_MS);
    hale.killAtStep(hale.steps.length);
    await hale.run(1_000);
    await hale.store.commit({ freeze: { frozen: false, by: 'alice', reason: 'done', at: hale.now() } });
    hale.pass(20 * MINUTE_MS);
    await hale.restart();
    await hale.run(MINUTE_MS);

    expect(hale.cluster.writes).toHaveLength(0);
    expect((await hale.incident()).phase).toBe('escalated');
  });
});

describe('whoever has to live with a change is told', () => {
  it('also when the mode was lowered to observe after the write', async () => {
    const hale = await start();
    await actedUpon(hale);
    hale.world.mode = 'observe';
    hale.world.prometheusDown = true;
    await hale.run(7 * MINUTE_MS);

    expect((await hale.incident()).phase).toBe('escalated');
    expect(hale.told.map(({ kind }) => kind)).toEqual(['escalated']);
  });

  it('of a return that could not be made, and the page is not ended by quiet alerts', async () => {
    const rung = { remediation: 'scale-workload', settings: { maxReplicas: 10, database: 'none' }, returnAfter: '10m' };
    const hale = await start({ policy: testPolicy({ ladder: [rung] }) });
    await actedUpon(hale);
    hale.world.usersS = 0.1;
    hale.world.causeThere = false;
    await hale.alert('resolved');
    await hale.run(5 * MINUTE_MS);
    hale.cluster.change(orders, { replicas: 8, replicasManager: 'kubectl' });
    settlePods(hale);
    await hale.run(20 * MINUTE_MS);

    expect(hale.cluster.writes).toHaveLength(1);
    expect(hale.told.map(({ kind }) => kind)).toEqual(['acted', 'escalated']);
  });

  it('of nothing more when the return is made, once, and users stay well', async () => {
    const rung = { remediation: 'scale-workload', settings: { maxReplicas: 10, database: 'none' }, returnAfter: '10m' };
    const hale = await start({ policy: testPolicy({ ladder: [rung] }) });
    await actedUpon(hale);
    hale.world.usersS = 0.1;
    hale.world.causeThere = false;
    await hale.alert('resolved');
    await hale.run(12 * MINUTE_MS);
    settlePods(hale);
    await hale.run(30 * MINUTE_MS);

    expect(hale.cluster.writes.map(({ to }) => to).slice(1)).toEqual([3]);
    expect(hale.told.map(({ kind }) => kind)).toEqual(['acted', 'returned']);
    expect(await hale.store.obligations({ openOnly: true, limit: 5 })).toHaveLength(0);
  });

  it('of a return that is held, once and after a while, and again when it is made', async () => {
    const rung = { remediation: 'scale-workload', settings: { maxReplicas: 10, database: 'none' }, returnAfter: '10m' };
    const hale = await start({ policy: testPolicy({ ladder: [rung] }) });
    await actedUpon(hale);
    hale.world.usersS = 0.1;
    hale.world.causeThere = false;
    await hale.alert('resolved');
    await hale.run(5 * MINUTE_MS);
    await hale.store.commit({ freeze: { frozen: true, by: 'alice', reason: 'a sale', at: hale.now() } });

    await hale.run(15 * MINUTE_MS);
    const early = hale.told.map(({ kind }) => kind);
    await hale.run(2 * 60 * MINUTE_MS);
    const late = hale.told.map(({ title }) => title);
    await hale.store.commit({ freeze: { frozen: false, by: 'alice', reason: 'over', at: hale.now() } });
    await hale.run(5 * MINUTE_MS);

    expect(early).toEqual(['acted']);
    expect(late).toHaveLength(2);
    expect(late[1]).toContain('a return waits');
    expect(hale.cluster.writes).toHaveLength(2);
  });

  it('of a revert by another once: nothing is left to return', async () => {
    const rung = { remediation: 'scale-workload', settings: { maxReplicas: 10, database: 'none' }, returnAfter: '10m' };
    const hale = await start({ policy: testPolicy({ ladder: [rung] }) });
    await actedUpon(hale);
    await hale.run(10_000);
    hale.cluster.change(orders, { replicas: 3, replicasManager: 'kubectl' });
    await hale.run(15 * MINUTE_MS);

    expect(hale.told.map(({ kind }) => kind)).toEqual(['escalated']);
    expect(await hale.store.obligations({ openOnly: true, kind: 'return', limit: 5 })).toHaveLength(0);
  });
});

describe('neighbours that a policy names', () => {
  it('must be readable before the write: nobody could see them get worse later', async () => {
    const { verification } = testPolicy().policy;
    const loaded = testPolicy();
    const policy = {
      ...loaded,
      policy: { ...loaded.policy, verification: { ...verification, neighbours: 'neighbours' } },
    };
    const hale = await start({ policy });
    hale.world.neighboursDown = true;
    await hale.alert();
    await hale.run(MINUTE_MS);
    expect(hale.cluster.writes).toHaveLength(0);
    expect((await hale.incident()).phase).toBe('acting');

    hale.world.neighboursDown = false;
    await hale.run(MINUTE_MS);

    expect(hale.cluster.writes).toHaveLength(1);
  });
});

describe('a storm', () => {
  it('is told once, in one summary that lists what is sick', async () => {
    const hale = await start();
    hale.world.causeThere = false;
    const names = ['orders', 'cart', 'stock', 'search', 'login', 'mail', 'media'];
    for (const name of names) await hale.alert('firing', `fp-${name}`, name);
    await hale.run(5 * MINUTE_MS);

    const phases = (await hale.incidents()).map((incident) => incident.phase);
    expect(phases).toEqual(names.map(() => 'escalated'));
    expect(hale.told.map(({ kind, severity }) => [kind, severity])).toEqual([['storm', 'page']]);
    for (const name of names) expect(hale.told[0]?.lines.join('\n')).toContain(`shop/${name}`);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { logSignature } from '../../detectors/log-signature/index.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { incidentOf, signalOf } from '../contract/store-records.ts';
import { fakeWorkload } from '../fakes/cluster.ts';
import { fakeLogs } from '../fakes/logs.ts';
import { START_MS, startWorkflow, testPolicy, type WorkflowHarness } from '../fakes/workflow.ts';

const MINUTE_MS = 60_000;
let open: WorkflowHarness | null = null;
async function start(...args: Parameters<typeof startWorkflow>): Promise<WorkflowHarness> {
  open = await startWorkflow(...args);
  return open;
}
afterEach(async () => {
  await open?.close();
  open = null;
});

const orders = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'orders', uid: 'uid-orders' };

/** The controllers do what was asked: pods of the new count are ready. */
function settlePods(hale: WorkflowHarness): void {
  const view = hale.cluster.reader.workload(orders);
  const replicas = view?.replicas ?? 0;
  hale.cluster.change(orders, {
    readyReplicas: replicas,
    updatedReplicas: replicas,
    availableReplicas: replicas,
    observedGeneration: view?.generation ?? 1,
  });
}

async function actedUpon(hale: WorkflowHarness): Promise<void> {
  await hale.alert();
  await hale.run(20_000);
  settlePods(hale);
}

describe('from alert to an end', () => {
  it('scales out, measures the recovery, and closes', async () => {
    const hale = await start();
    await actedUpon(hale);

    expect(hale.cluster.writes).toMatchObject([{ from: 3 }]);
    expect((await hale.incident()).phase).toBe('verifying');
    hale.world.usersS = 0.1;
    hale.world.causeThere = false;
    await hale.alert('resolved');
    await hale.run(2 * MINUTE_MS);

    const incident = await hale.incident();
    expect(incident.phase).toBe('resolved');
    expect(incident.plans[0]?.status).toBe('verified');
    expect(hale.told.map((notification) => notification.kind)).toEqual(['acted']);
    await hale.run(31 * MINUTE_MS);
    expect((await hale.incident()).phase).toBe('closed');
    expect(hale.cluster.writes).toHaveLength(1);
  });

  it('calls nobody healed while those who call the workload are hurt by the same cause', async () => {
    const verification = {
      indicator: 'users{pod=~"$felt_pods"}',
      unit: 'seconds',
      goodAtMost: 0.3,
      traffic: 'traffic{pod=~"$felt_pods"}',
      minimumTraffic: 1,
      hold: '1m',
      deadline: '5m',
    } as const;
    const hale = await start({ policy: testPolicy({ verification }) });
    hale.world.blamed = 'orders';
    await hale.alert();
    await hale.alert('firing', 'web-slow', 'web');
    await hale.run(20_000);
    settlePods(hale);
    Object.assign(hale.world, { usersS: 0.1, webUsersS: 6, causeThere: false });
    await hale.run(3 * MINUTE_MS);

    const incidents = await hale.incidents();
    const leader = incidents.find(({ phase }) => phase === 'verifying');
    expect(new Set(incidents.map(({ phase }) => phase))).toEqual(new Set(['following', 'verifying']));
    expect(leader?.verification?.last).toMatchObject({ indicator: 6, feltBy: 'Deployment shop/web' });

    hale.world.webUsersS = 0.1;
    await hale.run(70_000);
    expect((await hale.incidents()).find(({ id }) => id === leader?.id)?.phase).toBe('resolved');
  });

  it('makes no plan of what else is found where another incident verifies a change, and looks anew after its end', async () => {
    const hale = await start();
    await actedUpon(hale);
    hale.world.found = { reason: 'traffic-surge' };
    hale.world.blamed = 'orders';
    await hale.alert('firing', 'web-slow', 'web');
    await hale.run(30_000);

    const web = (incidents: readonly Incident[]) => incidents.find(({ subject }) => subject?.name === 'web');
    expect(web(await hale.incidents())).toMatchObject({ phase: 'diagnosing', plans: [] });

    hale.world.usersS = 0.1;
    await hale.run(2 * MINUTE_MS);

    expect((await hale.incidents()).some(({ phase }) => phase === 'resolved')).toBe(true);
    expect(web(await hale.incidents())?.phase).not.toBe('diagnosing');
    expect(hale.cluster.writes).toHaveLength(1);
  });

  it('writes nothing while the cause may yet be a symptom, and acts once that is told apart', async () => {
    const hale = await start();
    hale.world.found = { reason: 'connection-pool-waiting', unsettled: 'a leak would look so' };
    await hale.alert();
    await hale.run(2 * MINUTE_MS);

    const waiting = await hale.incident();
    expect(waiting.phase).toBe('held');
    expect(waiting.verdicts.find(({ gate }) => gate === 'corroboration')?.verdict).toMatchObject({
      reason: 'unsettled',
      value: 'a leak would look so',
    });
    expect(hale.cluster.writes).toEqual([]);
    hale.world.found = { reason: 'connection-pool-waiting' };
    await hale.run(MINUTE_MS);

    expect(hale.cluster.writes).toMatchObject([{ from: 3 }]);
  });

  it('goes back to diagnosis when what it was about to answer turns out to be a symptom', async () => {
    const hale = await start();
    hale.world.found = { reason: 'connection-pool-waiting', unsettled: 'a lock would look so' };
    await hale.alert();
    await hale.run(MINUTE_MS);
    hale.world.found = { reason: 'lock-waits' };
    await hale.run(2 * MINUTE_MS);

    const incident = await hale.incident();
    expect(incident.plans.map(({ status }) => status)).toEqual(['void']);
    expect(incident.causes).toMatchObject([{ reason: 'lock-waits' }]);
    // No policy answers it: a person gets it.
    expect(incident.phase).toBe('escalated');
    expect(hale.cluster.writes).toEqual([]);
  });

  it('writes nothing on the word of a log, however often it says so, and acts once it is measured as well', async () => {
    const hale = await start({
      detectors: [logSignature],
      logs(cluster) {
        const logs = fakeLogs(cluster);
        logs.served(START_MS + 30 * MINUTE_MS, 120, 60);
        const line =
          'HikariPool-1 - Connection is not available, request timed out after 3000ms (total=4, waiting=900)';
        logs.lines(line, START_MS + 30 * MINUTE_MS, 35, 600, { level: 'error' });
        return logs.reader;
      },
    });
    hale.world.causeThere = false;
    await hale.alert();
    await hale.run(5 * MINUTE_MS);

    const held = await hale.incident();
    expect(held.phase).toBe('held');
    expect(held.causes).toMatchObject([{ reason: 'connection-pool-waiting' }]);
    expect(held.verdicts.find(({ gate }) => gate === 'corroboration')?.verdict).toMatchObject({
      reason: 'unsettled',
      value: expect.stringContaining('only lines of a log') as string,
    });
    expect(hale.cluster.writes).toEqual([]);
    hale.world.causeThere = true;
    await hale.run(MINUTE_MS);

    expect(hale.cluster.writes).toMatchObject([{ from: 3 }]);
  });

  it('hands over to a person when nobody measures what a log tells', async () => {
    const hale = await start({
      detectors: [logSignature],
      logs(cluster) {
        const logs = fakeLogs(cluster);
        logs.served(START_MS + 40 * MINUTE_MS, 120, 60);
        logs.lines('timeout exceeded when trying to connect', START_MS + 40 * MINUTE_MS, 45, 60, { level: 'error' });
        return logs.reader;
      },
    });
    hale.world.causeThere = false;
    await hale.alert();
    await hale.run(30 * MINUTE_MS);

    expect((await hale.incident()).phase).toBe('escalated');
    expect(hale.told).not.toEqual([]);
    expect(hale.cluster.writes).toEqual([]);
  });

  it('waits with a mere guess for something surer, and calls a person for it when nothing comes', async () => {
    const hale = await start();
    hale.world.found = { reason: 'dependency-slow', confidence: 0.5 };
    await hale.alert();
    await hale.run(MINUTE_MS);

    expect((await hale.incident()).phase).toBe('diagnosing');
    expect(hale.told).toEqual([]);
    await hale.run(2 * MINUTE_MS);

    expect((await hale.incident()).phase).toBe('escalated');
    expect(hale.told.map(({ kind }) => kind)).toEqual(['escalated']);
  });

  it('measures those who suffer, and changes the one that is to blame', async () => {
    const verification = {
      ...testPolicy().policy.verification,
      indicator: 'users{namespace="$felt_namespace",pod=~"$felt_pods"}',
      traffic: 'traffic{app="$felt_workload",beside="$workload"}',
      hold: '1m',
      deadline: '5m',
      settle: '1m',
    };
    const hale = await start({ mode: 'observe', policy: testPolicy({ verification }) });
    hale.cluster.addWorkload(
      fakeWorkload({ subject: { name: 'import' }, annotations: { 'hale.dev/enabled': 'true' } }),
    );
    hale.world.blamed = 'import';
    await hale.alert();
    await hale.run(20_000);

    const [plan] = (await hale.incident()).plans;
    expect(plan?.subject.name).toBe('import');
    expect(plan?.measure).toMatchObject({
      indicator: 'users{namespace="shop",pod=~"orders-[a-z0-9]{1,10}-[a-z0-9]{5}"}',
      traffic: 'traffic{app="orders",beside="import"}',
    });
  });

  it('watches a notice, where no detector finds anything', async () => {
    const hale = await start();
    hale.world.causeThere = false;
    hale.world.expression = 'vector(1)';

    await hale.alert();
    await hale.run(2 * MINUTE_MS);

    const incident = await hale.incident();
    expect(incident.alerts).toMatchObject([{ name: 'PoolWaiting', class: 'informational' }]);
    expect(incident.phase).toBe('watching');
    expect(hale.cluster.writes).toEqual([]);
    expect(hale.told).toEqual([]);
  });

  it('hands an alert about the monitoring to a person, whatever the detectors find on the workload', async () => {
    const hale = await start();
    hale.world.expression = 'rate(prometheus_remote_storage_samples_failed_total[5m]) > 0';

    await hale.alert();
    await hale.run(2 * MINUTE_MS);

    const incident = await hale.incident();
    expect(incident.alerts).toMatchObject([{ class: 'telemetry' }]);
    expect(incident.phase).toBe('escalated');
    expect(incident.causes).toHaveLength(1);
    expect(hale.cluster.writes).toEqual([]);
  });

  it.each([
    ['payments', 'watching', /namespace payments, which is not in scope.namespaces/],
    ['shop', 'escalated', /no workload could be resolved/],
  ])(
    'calls a person for an alert without a workload only where it looks: namespace %s',
    async (namespace, phase, outcome) => {
      const hale = await start();
      const nowhere = incidentOf('nowhere', {
        subject: null,
        key: 'alert:nowhere',
        openedAt: hale.now(),
        wakeAt: hale.now(),
      });
      const labels = { namespace, pod: 'gone-1' };
      await hale.store.commit({
        save: [{ record: nowhere, expectedVersion: 0 }],
        signals: [signalOf('signal', nowhere.id, { labels })],
        wakeAt: hale.now(),
      });
      await hale.run(2 * MINUTE_MS);

      const ended = await hale.store.incident(nowhere.id);
      expect(ended?.phase).toBe(phase);
      expect(ended?.outcome).toMatch(outcome);
      expect(hale.told.map(({ kind }) => kind)).toEqual(phase === 'escalated' ? ['escalated'] : []);
    },
  );

  it('in observe says what it would have done, writes nothing and calls nobody', async () => {
    const hale = await start({ mode: 'observe' });
    await hale.alert();
    await hale.run(MINUTE_MS);

    const incident = await hale.incident();
    expect(incident.phase).toBe('watching');
    expect(incident.outcome).toContain('would have done: scale');
    expect(hale.cluster.writes).toHaveLength(0);
    expect(hale.told).toHaveLength(0);
  });

  it('in suggest tells a person and writes nothing', async () => {
    const hale = await start({ mode: 'suggest' });
    await hale.alert();
    await hale.run(MINUTE_MS);

    expect(hale.told.map((notification) => notification.kind)).toEqual(['suggestion']);
    expect(hale.cluster.writes).toHaveLength(0);
  });

  it('in approve asks once, and acts only after a named yes to this very plan', async () => {
    const hale = await start({ mode: 'approve' });
    await hale.alert();
    await hale.run(2 * MINUTE_MS);
    expect((await hale.incident()).phase).toBe('held');
    expect(hale.told.map((notification) => notification.kind)).toEqual(['approval']);
    expect(hale.cluster.writes).toHaveLength(0);

    const digest = (await hale.incident()).plans.at(-1)?.digest ?? '';
    const answer = {
      id: 'approval-1',
      incidentId: (await hale.incident()).id,
      planDigest: digest,
      answer: 'approved' as const,
      by: 'alice',
      at: hale.now(),
      expiresAt: hale.now() + MINUTE_MS,
      usedAt: null,
    };
    await hale.store.commit({ approval: answer });
    await hale.run(30_000);

    expect(hale.cluster.writes).toHaveLength(1);
    expect((await hale.store.approvalFor(digest))?.usedAt).not.toBeNull();
  });

  it('calls the action off when the condition goes away by itself', async () => {
    const hale = await start({ mode: 'approve' });
    await hale.alert();
    await hale.run(30_000);
    hale.world.usersS = 0.1;
    hale.world.causeThere = false;
    await hale.run(3 * MINUTE_MS);

    expect((await hale.incident()).phase).toBe('self-resolved');
    expect(hale.cluster.writes).toHaveLength(0);
  });

  it('finds no cause, and calls a person', async () => {
    const hale = await start();
    hale.world.causeThere = false;
    await hale.alert();
    await hale.run(3 * MINUTE_MS);

    expect((await hale.incident()).phase).toBe('escalated');
    expect(hale.told.map((notification) => notification.severity)).toEqual(['page']);
  });
});

describe('a change that does not help', () => {
  it('is undone when users stay unwell, and a person is called', async () => {
    const hale = await start();
    await actedUpon(hale);
    await hale.run(6 * MINUTE_MS);

    expect(hale.cluster.writes.map(({ from, to }) => [from, to])).toEqual([
      [3, hale.cluster.writes[0]?.to],
      [hale.cluster.writes[0]?.to, 3],
    ]);
    expect((await hale.incident()).phase).toBe('escalated');
  });

  it('is undone before its time when users get worse, and autonomy falls', async () => {
    const hale = await start();
    await actedUpon(hale);
    hale.world.usersS = 3;
    await hale.run(2 * MINUTE_MS);

    expect(hale.cluster.writes).toHaveLength(2);
    expect(await hale.store.loweredAutonomy()).toMatchObject([{ mode: 'approve', by: 'hale' }]);
  });

  it('with Prometheus gone while verifying: not one further write, and a person is told', async () => {
    const hale = await start();
    await actedUpon(hale);
    hale.world.prometheusDown = true;
    await hale.run(10 * MINUTE_MS);

    expect(hale.cluster.writes).toHaveLength(1);
    const incident = await hale.incident();
    expect(incident.phase).toBe('escalated');
    expect(incident.plans[0]?.status).toBe('not-verified');
    expect(hale.told.map((notification) => notification.severity)).toEqual(['page']);
  });

  it('reverted by another writer: stops and calls a person', async () => {
    const hale = await start();
    await actedUpon(hale);
    await hale.run(10_000);
    hale.cluster.change(orders, { replicas: 3, replicasManager: 'kubectl' });
    await hale.run(MINUTE_MS);

    expect(hale.cluster.writes).toHaveLength(1);
    expect((await hale.incident()).phase).toBe('escalated');
  });
});

describe('the kill switch', () => {
  it('holds a plan while frozen, and lets it go after', async () => {
    const hale = await start();
    await hale.store.commit({ freeze: { frozen: true, by: 'alice', reason: 'release night', at: hale.now() } });
    await hale.alert();
    await hale.run(2 * MINUTE_MS);
    expect((await hale.incident()).phase).toBe('held');
    expect(hale.cluster.writes).toHaveLength(0);

    await hale.store.commit({ freeze: { frozen: false, by: 'alice', reason: 'done', at: hale.now() } });
    await hale.run(MINUTE_MS);
    expect(hale.cluster.writes).toHaveLength(1);
  });

  it('holds when the ConfigMap says so or cannot be read', async () => {
    const hale = await start();
    await hale.cluster.writer.putConfigMap('hale', 'hale-freeze', {
      frozen: 'true',
      by: 'bob',
      reason: 'store is down',
    });
    await hale.alert();
    await hale.run(MINUTE_MS);

    expect(hale.cluster.writes).toHaveLength(0);
  });

  it('makes a rollback wait, and says so', async () => {
    const hale = await start();
    await actedUpon(hale);
    await hale.store.commit({ freeze: { frozen: true, by: 'alice', reason: 'release night', at: hale.now() } });
    await hale.run(7 * MINUTE_MS);

    expect(hale.cluster.writes).toHaveLength(1);
    expect((await hale.incident()).phase).toBe('rolling-back');
    expect(hale.told.some((notification) => notification.title.includes('a rollback waits'))).toBe(true);
  });
});

describe('a write without an answer', () => {
  it('that was stored is found, not repeated', async () => {
    const hale = await start();
    hale.cluster.nextWrite('lost-answer');
    await actedUpon(hale);
    await hale.run(10_000);

    expect(hale.cluster.writes).toHaveLength(1);
    expect((await hale.incident()).phase).toBe('verifying');
  });

  it('that was not stored is planned again only after its deadline', async () => {
    const hale = await start();
    hale.cluster.nextWrite('unavailable');
    await hale.alert();
    await hale.run(25_000);
    expect(hale.cluster.writes).toHaveLength(0);
    expect((await hale.incident()).phase).toBe('acting');

    await hale.run(MINUTE_MS);
    expect(hale.cluster.writes).toHaveLength(1);
    expect((await hale.store.intentsOf((await hale.incident()).id)).map((intent) => intent.outcome?.result)).toEqual([
      'not-applied',
      'applied',
    ]);
  });
});

describe('a time-boxed change', () => {
  const policy = testPolicy({
    ladder: [{ remediation: 'scale-workload', settings: { maxReplicas: 10, database: 'none' }, returnAfter: '10m' }],
  });

  async function healed(): Promise<WorkflowHarness> {
    const hale = await start({ policy });
    await actedUpon(hale);
    hale.world.usersS = 0.1;
    hale.world.causeThere = false;
    await hale.alert('resolved');
    await hale.run(5 * MINUTE_MS);
    return hale;
  }

  it('is committed with the intent and survives the end of its policy', async () => {
    const hale = await healed();

    expect(await hale.store.obligations({ openOnly: true, kind: 'return', limit: 10 })).toHaveLength(1);
  });

  it('is held for a person while nobody can say whether users are well', async () => {
    const hale = await healed();
    hale.world.prometheusDown = true;
    await hale.run(10 * MINUTE_MS);

    expect(hale.cluster.writes).toHaveLength(1);
    expect(hale.told.some((notification) => notification.kind === 'returned')).toBe(true);
  });
});

describe('a cause that comes back', () => {
  it('by the users indicator alone opens a new, linked incident one rung up', async () => {
    const hale = await start();
    await actedUpon(hale);
    hale.world.usersS = 0.1;
    hale.world.causeThere = false;
    await hale.alert('resolved');
    await hale.run(3 * MINUTE_MS);
    const first = await hale.incident();
    expect(first.phase).toBe('resolved');

    hale.world.usersS = 0.9;
    hale.world.causeThere = true;
    await hale.run(3 * MINUTE_MS);

    const [again] = await hale.incidents();
    expect(again).toMatchObject({ previousId: first.id, startRung: 1, phase: 'escalated' });
    expect(hale.cluster.writes).toHaveLength(1);
  });
});

describe('notifications', () => {
  it('go on until somebody takes them', async () => {
    const hale = await start();
    hale.world.causeThere = false;
    hale.world.channelUp = false;
    await hale.alert();
    await hale.run(5 * MINUTE_MS);
    expect(hale.told).toHaveLength(0);

    hale.world.channelUp = true;
    await hale.run(2 * MINUTE_MS);
    expect(hale.told).toHaveLength(1);
  });
});

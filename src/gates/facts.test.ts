import { describe, expect, it } from 'vitest';
import { GateFacts } from '../domain/gate-facts.ts';
import { collectFacts, type FactsInput } from './facts.ts';
import { examplePlan, exampleReturn, NOW } from './facts-for-tests.ts';
import { runGates } from './run-gates.ts';
import {
  exampleCluster,
  exampleInput,
  examplePods,
  exampleSeries,
  exampleSettings,
  exampleStore,
  exampleWorkload,
} from './world-for-tests.ts';

function returnInput(): FactsInput {
  const series = exampleSeries(examplePods(5).map((pod) => pod.name));
  // One of five slots in use and one waiting nowhere: three replicas would do.
  const calm = series.map((one) =>
    one.labels.db_client_connection_state === 'used' ? { ...one, points: [{ at: NOW, value: 3 }] } : one,
  );
  const workload = exampleWorkload({ replicas: 5, readyReplicas: 5, updatedReplicas: 5, availableReplicas: 5 });
  return exampleInput({
    limits: null,
    cluster: exampleCluster({ freshWorkload: async () => workload, podsOf: () => examplePods(5) }),
    metrics: { range: async () => ({ series: calm, warnings: [] }) },
  });
}

describe('in a world where nothing speaks against it', () => {
  it('collects facts that satisfy their schema and pass every gate', async () => {
    const facts = await collectFacts(examplePlan(), exampleInput());

    expect(GateFacts.safeParse(facts).error).toBeUndefined();
    expect(runGates(examplePlan(), facts).outcome).toMatchObject({ kind: 'pass' });
  });

  it('reads the capacity from pools and server', async () => {
    const { capacity } = await collectFacts(examplePlan(), exampleInput());

    expect(capacity).toMatchObject({
      known: true,
      value: {
        database: 'shop-postgres',
        maxConnections: 100,
        reservedConnections: 3,
        usedConnections: 42,
        ownConnections: 30,
        poolMaxPerReplica: 10,
      },
    });
  });

  it('passes a return without a policy, by users and headroom', async () => {
    const facts = await collectFacts(exampleReturn(), returnInput());

    expect(facts.headroom).toMatchObject({ known: true, value: { saturationAfter: 0.5, limit: 0.8 } });
    expect(runGates(exampleReturn(), facts).outcome).toMatchObject({ kind: 'pass' });
  });

  it('reads the workload once for all facts', async () => {
    const asked: string[] = [];
    const input = exampleInput({
      cluster: exampleCluster({
        freshWorkload: async () => {
          asked.push('workload');
          return exampleWorkload();
        },
      }),
    });

    await collectFacts(examplePlan(), input);

    expect(asked).toEqual(['workload']);
  });

  it('measures users for help too, but no headroom', async () => {
    const facts = await collectFacts(examplePlan(), exampleInput());

    expect(facts.users).toMatchObject({ known: true, value: { indicator: 0.2, trafficPerS: 20 } });
    expect(facts.headroom).toMatchObject({ known: false });
  });
});

describe('what cannot be read is unknown, with the reason', () => {
  const fails = async () => {
    throw new Error('no route to host');
  };

  it.each<[string, Partial<FactsInput>, (keyof GateFacts)[]]>([
    [
      'the API server',
      { cluster: exampleCluster({ freshWorkload: fails }) },
      ['subject', 'scope', 'rollout', 'owner', 'capacity'],
    ],
    ['the autoscaler', { cluster: exampleCluster({ freshAutoscaler: fails }) }, ['owner']],
    ['the ConfigMap', { cluster: exampleCluster({ configMap: fails }) }, ['frozen']],
    ['Prometheus', { metrics: { range: fails } }, ['capacity']],
    ['the detectors', { redetect: fails }, ['corroboration']],
    [
      'the store',
      {
        store: exampleStore({
          freeze: fails,
          writable: fails,
          lastActionAt: fails,
          counted: fails,
          holderOf: fails,
          approvalFor: fails,
          loweredAutonomy: fails,
          sickSubjects: fails,
        }),
      },
      ['frozen', 'storeWritable', 'cooldown', 'budgets', 'busyWith', 'approval', 'mode', 'storm'],
    ],
  ])('%s', async (_name, changes, expected) => {
    const facts = await collectFacts(examplePlan(), exampleInput(changes));

    const unknown = { known: false, why: 'no route to host' };
    expect(facts).toMatchObject(Object.fromEntries(expected.map((key) => [key, unknown])));
    expect(runGates(examplePlan(), facts).outcome.kind).toBe('hold');
  });

  it('gives up on what has not answered when the signal aborts', async () => {
    const abort = new AbortController();
    const never = new Promise<null>(() => {});
    const input = exampleInput({ signal: abort.signal, cluster: exampleCluster({ configMap: () => never }) });

    const collecting = collectFacts(examplePlan(), input);
    abort.abort();
    const facts = await collecting;

    expect(facts.frozen).toMatchObject({ known: false, why: 'no answer in time' });
  });
});

describe('what it makes of what it reads', () => {
  const expectations: [string, Partial<FactsInput>, Partial<Record<keyof GateFacts, object>>][] = [
    [
      'another object of the same name',
      {
        cluster: exampleCluster({
          freshWorkload: async () => exampleWorkload({ subject: { ...exampleWorkload().subject, uid: 'uid-new' } }),
        }),
      },
      { subject: { known: true, value: { uid: 'uid-new' } }, rollout: { known: false }, owner: { known: false } },
    ],
    [
      'an object that is gone',
      { cluster: exampleCluster({ freshWorkload: async () => null }) },
      { subject: { value: null } },
    ],
    [
      'a cause on another workload',
      {
        redetect: async () => {
          const finding = await exampleInput().redetect();
          return finding && { ...finding, subject: { ...finding.subject, uid: 'uid-other' } };
        },
      },
      { corroboration: { known: true, value: null }, observedAt: { value: NOW - 30_000, source: 'signals' } },
    ],
    ['a cause that is found again', {}, { observedAt: { value: NOW, source: 'detectors' } }],
    [
      'no signal and no finding',
      { redetect: async () => null, lastSignalAt: null },
      { corroboration: { value: null }, observedAt: { known: false } },
    ],
    [
      'undeclared use of a database',
      { settings: { ...exampleSettings, catalogue: [] } },
      { capacity: { known: false, source: 'declaration' } },
    ],
    [
      'declared: none',
      { database: 'none', settings: { ...exampleSettings, catalogue: [] } },
      { capacity: { known: true, value: { declaredNone: true } } },
    ],
    [
      'a Helm release',
      {
        cluster: exampleCluster({
          freshWorkload: async () =>
            exampleWorkload({
              labels: { 'app.kubernetes.io/managed-by': 'Helm' },
              annotations: { 'hale.dev/enabled': 'true', 'meta.helm.sh/release-name': 'shop' },
            }),
        }),
      },
      { owner: { known: true, value: null, source: expect.stringContaining('Helm release shop') } },
    ],
    [
      'autonomy lowered by a person',
      {
        store: exampleStore({
          loweredAutonomy: async () => [
            { policyId: '*', namespace: 'shop', mode: 'suggest', rulesHash: 'h', by: 'sam', reason: 'audit', at: NOW },
          ],
        }),
      },
      { mode: { known: true, value: 'suggest', source: 'autonomy lowered by sam: audit' } },
    ],
    ['a policy that is gone', { limits: null }, { cooldown: { known: false }, budgets: { known: false } }],
  ];

  it.each(expectations)('%s', async (_name, changes, expected) => {
    const facts = await collectFacts(examplePlan(), exampleInput(changes));

    expect(facts).toMatchObject(expected);
  });

  it('leaves a return held when users have no answer or a replica does not report', async () => {
    const input = returnInput();
    const silent = exampleSeries(examplePods(4).map((pod) => pod.name));

    const facts = await collectFacts(exampleReturn(), {
      ...input,
      readUsers: async () => ({ at: NOW, indicator: null, trafficPerS: 20 }),
      metrics: { range: async () => ({ series: silent, warnings: [] }) },
    });

    expect(facts.users).toMatchObject({ known: false });
    expect(facts.headroom).toMatchObject({ known: false, why: '1 ready replicas do not report their pools' });
    expect(runGates(exampleReturn(), facts).outcome).toMatchObject({ kind: 'hold', reason: 'users-unmeasured' });
  });

  it.each([
    ['the policy gives', NOW + 1_800_000, NOW - 1_000 + 900_000],
    ['the plan has left', NOW + 60_000, NOW + 60_000],
  ])('gives a person the time that %s', async (_name, deadline, expected) => {
    const facts = await collectFacts(examplePlan({ deadline }), exampleInput());

    expect(facts.approvalDeadline).toBe(expected);
  });

  it('dates the decision after the last answer', async () => {
    let moment = NOW;
    const input = exampleInput({ now: () => (moment += 1) });

    const facts = await collectFacts(examplePlan(), input);

    expect(facts.frozen.at).toBeLessThan(facts.now);
    expect(facts.capacity.at).toBeLessThan(facts.now);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import type { Mode } from '../domain/mode.ts';
import type { CacheState } from '../ports/cluster.ts';
import type { Change } from '../ports/store.ts';
import type { PlanAnswer } from './answer-plan.ts';
import type { OperationsDeps } from './deps.ts';
import { IncidentDossier, IncidentWhy, StatusReport } from './results.ts';
import { type OperationsBench, openOperations } from './testing/open.ts';
import {
  auditOf,
  FINDING,
  healedIncident,
  incidentOf,
  planOf,
  policyOf,
  readingEvent,
  returnOf,
  START,
} from './testing/records.ts';

const benches: OperationsBench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
});

async function open(change: Partial<OperationsDeps> = {}): Promise<OperationsBench> {
  const bench = await openOperations(change);
  benches.push(bench);
  return bench;
}

const DIGEST = planOf().digest;
const YES: PlanAnswer = { incidentId: 'incident-0001', digest: DIGEST.slice(0, 12), answer: 'approved', by: 'on-call' };

describe('list and find', () => {
  it('lists newest first, open ones only when asked so, and by phase', async () => {
    const { operations, save } = await open();
    await save(
      incidentOf({ id: 'incident-0001', key: 'a', causeKey: null, openedAt: START }),
      incidentOf({
        id: 'incident-0002',
        key: 'b',
        causeKey: null,
        openedAt: START + 1,
        phase: 'closed',
        closedAt: START + 2,
        wakeAt: null,
      }),
    );

    const all = await operations.listIncidents({ openOnly: false, limit: 10 });
    const openOnly = await operations.listIncidents({ openOnly: true, limit: 10 });
    const held = await operations.listIncidents({ openOnly: false, phases: ['held'], limit: 10 });

    expect(all.incidents.map(({ id }) => id)).toEqual(['incident-0002', 'incident-0001']);
    expect(openOnly.incidents.map(({ id }) => id)).toEqual(['incident-0001']);
    expect(held.incidents.map(({ id }) => id)).toEqual(['incident-0001']);
    expect(openOnly.incidents[0]).toMatchObject({
      cause: 'connection-pool-waiting',
      plan: { digest: DIGEST, status: 'open' },
    });
  });

  it.each([
    ['incident-0001', 'incident-0001'],
    ['incident-0002', 'incident-0002'],
    ['other', 'other-1'],
  ])('finds %s', async (given, id) => {
    const { operations, save } = await open();
    await save(
      incidentOf({ id: 'incident-0001', key: 'a', causeKey: null }),
      incidentOf({ id: 'incident-0002', key: 'b', causeKey: null }),
      incidentOf({ id: 'other-1', key: 'c', causeKey: null }),
    );

    expect((await operations.showIncident(given)).incident.id).toBe(id);
  });

  it.each([
    ['inc', 'not-found', 'at least 4'],
    ['nothing', 'not-found', 'hale incidents --all'],
    ['incident', 'usage-invalid', 'incident-0001'],
  ])('refuses %s as %s', async (given, code, says) => {
    const { operations, save } = await open();
    await save(incidentOf({ key: 'a', causeKey: null }), incidentOf({ id: 'incident-0002', key: 'b', causeKey: null }));

    await expect(operations.showIncident(given)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says),
    });
  });
});

describe('show', () => {
  it('gathers timeline, readings, evidence, intents and obligations, as its schema says', async () => {
    const { operations, store, save } = await open();
    await save(healedIncident());
    const evidence = {
      id: 'evidence-1',
      incidentId: 'incident-0001',
      kind: 'metric-instant' as const,
      source: 'prometheus',
      title: '1 series',
      query: 'up',
      from: START,
      to: START,
      at: START,
      body: { value: 1 },
      truncated: false,
    };
    await store.commit({
      evidence: [evidence],
      save: [{ record: returnOf(), expectedVersion: 0 }],
      audit: [auditOf('incident-opened', 'opened'), readingEvent(2, 0.4), readingEvent(3, null), readingEvent(4, 0.12)],
    });

    const dossier = await operations.showIncident('incident-0001');

    expect(IncidentDossier.parse(dossier)).toEqual(dossier);
    expect(dossier.timeline.map(({ kind }) => kind)).toEqual(['incident-opened']);
    expect(dossier.readings.map(({ indicator }) => indicator)).toEqual([0.91, 0.4, null, 0.12]);
    expect(dossier.evidence).toEqual([expect.not.objectContaining({ body: expect.anything() })]);
    expect(dossier.obligations).toHaveLength(1);
    expect(dossier.lever).toContain('replicas');
    expect(await operations.showEvidence('incident-0001', 'evidence-1')).toEqual(evidence);
    await expect(operations.showEvidence('incident-0001', 'evidence-2')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('why', () => {
  it('explains policy by policy and gate by gate', async () => {
    const other = policyOf({ id: 'close-idle-clients', cause: 'database-connections-exhausted' });
    const elsewhere = policyOf({ id: 'payments-only', namespaces: ['payments'] });
    const { operations, store, save } = await open({ policies: [policyOf(), other, elsewhere] });
    await save(incidentOf());
    await store.commit({
      audit: [auditOf('phase-entered', 'a -> b'), auditOf('remediation-declined', 'scale-workload: at its ceiling')],
    });

    const why = await operations.whyIncident('incident-0001');

    expect(IncidentWhy.parse(why)).toEqual(why);
    expect(why.policies.map(({ id, matches }) => [id, matches])).toEqual([
      ['scale-out-when-pools-are-full', true],
      ['close-idle-clients', false],
      ['payments-only', false],
    ]);
    expect(why.policies[2]?.why).toContain('namespace shop');
    expect(why.policies[0]).toMatchObject({
      inForce: 'approve',
      ladder: [{ remediation: 'scale-workload', plan: 'open' }],
    });
    expect(why.gates.map(({ gate, protectsFrom }) => [gate, protectsFrom !== ''])).toEqual([
      ['capacity-guard', false],
      ['approval', true],
    ]);
    expect(why.unblockedBy).toEqual(['approval: hale approve incident-0001']);
    expect(why.decisions.map(({ kind }) => kind)).toEqual(['remediation-declined']);
    expect(why.findings).toEqual([FINDING]);
  });

  it('says so when the workload is not known now', async () => {
    const { operations, cluster, save } = await open();
    await save(incidentOf());
    cluster.remove(planOf().subject);

    const [policy] = (await operations.whyIncident('incident-0001')).policies;

    expect(policy).toMatchObject({ matches: null, why: expect.stringContaining('cannot be judged') });
  });
});

describe('answer', () => {
  it('stores the answer under the full digest, wakes the incident, and tells who', async () => {
    const { operations, store, woken, save } = await open();
    await save(incidentOf());

    const result = await operations.answerPlan({ ...YES, reason: 'go, password hunter2' });

    expect(result).toMatchObject({
      planDigest: DIGEST,
      answer: 'approved',
      by: 'on-call',
      expiresAt: START + 15 * 60_000,
    });
    expect(await store.approvalFor(DIGEST)).toMatchObject({ by: 'on-call', answer: 'approved', usedAt: null });
    expect(await store.incident('incident-0001')).toMatchObject({ wakeAt: START, version: 2 });
    expect(woken).toEqual(['incident-0001']);
    const [event] = await store.audit({ incidentId: 'incident-0001', limit: 5 });
    expect(event).toMatchObject({ kind: 'approval-given', text: expect.not.stringContaining('hunter2') });
  });

  it('takes one answer only', async () => {
    const { operations, save } = await open();
    await save(incidentOf());
    await operations.answerPlan({ ...YES, answer: 'refused' });

    await expect(operations.answerPlan(YES)).rejects.toMatchObject({
      code: 'approval-invalid',
      message: expect.stringContaining('on-call refused'),
    });
  });

  it('of two answers at the same moment, one counts', async () => {
    const { operations, store, save } = await open();
    await save(incidentOf());

    const results = await Promise.allSettled([
      operations.answerPlan(YES),
      operations.answerPlan({ ...YES, answer: 'refused', by: 'second' }),
    ]);

    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [given] = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(await store.approvalFor(DIGEST)).toMatchObject({ by: given?.by });
  });

  it.each<[string, Partial<PlanAnswer>, Parameters<typeof incidentOf>[0], string, string]>([
    ['a short digest', { digest: DIGEST.slice(0, 7) }, {}, 'usage-invalid', 'at least 8'],
    ['a digest that is none', { digest: 'x'.repeat(12) }, {}, 'usage-invalid', 'hexadecimal'],
    ['the digest of another plan', { digest: '0123456789' }, {}, 'approval-invalid', 'another plan now'],
    ['a plan that is not open', {}, { plans: [planOf({ status: 'applied' })] }, 'approval-invalid', 'applied'],
    ['a phase that does not wait', {}, { phase: 'verifying' }, 'approval-invalid', 'verifying'],
    ['no plan', {}, { planId: null }, 'approval-invalid', 'no plan'],
    ['a plan whose policy asks nobody', {}, { plans: [planOf({ mode: 'auto' })] }, 'approval-invalid', 'mode auto'],
  ])('refuses %s', async (_name, answer, incident, code, says) => {
    const { operations, store, save } = await open();
    await save(incidentOf(incident));

    await expect(operations.answerPlan({ ...YES, ...answer })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says),
    });
    expect(await store.approvalFor(DIGEST)).toBeNull();
  });

  it('refuses an answer that comes too late', async () => {
    const { operations, clock, save } = await open();
    await save(incidentOf());
    clock.advance(15 * 60_000);

    await expect(operations.answerPlan(YES)).rejects.toMatchObject({
      code: 'approval-invalid',
      message: expect.stringContaining('earlier'),
    });
  });

  it('answers the plan that a tick has just made, or none', async () => {
    const { store, save, operations } = await open();
    await save(incidentOf());
    const stored = await store.incident('incident-0001');
    const newer = planOf({ id: 'plan-2', params: { from: 4, to: 5 } });
    await store.commit({
      save: [
        {
          record: incidentOf({ ...stored, plans: [planOf({ status: 'void' }), newer], planId: 'plan-2' }),
          expectedVersion: 1,
        },
      ],
    });

    await expect(operations.answerPlan(YES)).rejects.toMatchObject({
      code: 'approval-invalid',
      message: expect.stringContaining(newer.digest.slice(0, 12)),
    });
  });

  it('looks again when the incident moved under the answer', async () => {
    const bench = await open();
    await bench.save(incidentOf());
    const { store } = bench;
    let raced = false;
    const racing = {
      ...store,
      async commit(change: Change) {
        const stored = await store.incident('incident-0001');
        if (!raced && stored !== null)
          await store.commit({ save: [{ record: stored, expectedVersion: stored.version }] });
        raced = true;
        return store.commit(change);
      },
    };
    const { operations } = await open({ store: racing });

    await operations.answerPlan(YES);

    expect(await store.approvalFor(DIGEST)).not.toBeNull();
    expect((await store.incident('incident-0001'))?.version).toBe(3);
  });
});

describe('freeze', () => {
  it('freezes and unfreezes, with who and why in the audit', async () => {
    const { operations, store } = await open();

    const frozen = await operations.changeFreeze({ frozen: true, by: 'platform', reason: 'migration' });
    const thawed = await operations.changeFreeze({ frozen: false, by: 'platform', reason: 'done' });

    expect(frozen).toMatchObject({ frozen: true, by: 'platform', reason: 'migration' });
    expect(thawed).toMatchObject({ frozen: false, stored: { frozen: false, by: 'platform' } });
    expect((await store.audit({ limit: 5 })).map(({ text }) => text)).toEqual([
      'platform froze Hale: migration',
      'platform unfroze Hale: done',
    ]);
  });

  it('tells that the ConfigMap goes on freezing', async () => {
    const { operations, setConfigMap } = await open();
    setConfigMap({ known: true, frozen: true, by: 'kubectl', reason: 'incident' });

    expect(await operations.changeFreeze({ frozen: false, by: 'platform', reason: '' })).toMatchObject({
      frozen: true,
      by: 'kubectl',
      configMap: 'hale/hale-freeze',
    });
  });

  it('says when it cannot be told', async () => {
    const { operations, setConfigMap } = await open();
    setConfigMap({ known: false, why: 'no answer' });

    expect(await operations.freezeState()).toMatchObject({
      frozen: null,
      reason: expect.stringContaining('no answer'),
    });
  });
});

describe('autonomy', () => {
  const LOWER = { policyId: 'scale-out-when-pools-are-full', namespace: 'shop', by: 'platform', reason: 'too eager' };

  it('lowers, and what is in force follows', async () => {
    const { operations, save } = await open();
    await save(incidentOf());

    const result = await operations.lowerAutonomy({ ...LOWER, mode: 'observe' });

    expect(result).toMatchObject({ before: 'approve', mode: 'observe' });
    expect((await operations.whyIncident('incident-0001')).policies[0]).toMatchObject({
      inForce: 'observe',
      decidedBy: expect.stringContaining('platform'),
    });
  });

  it.each<[string, Partial<typeof LOWER>, Mode, string, string]>([
    ['the mode in force', {}, 'approve', 'usage-invalid', 'policy file'],
    ['a higher mode', {}, 'auto', 'usage-invalid', 'policy file'],
    ['an unknown policy', { policyId: 'scale' }, 'observe', 'not-found', 'scale-out-when-pools-are-full'],
  ])('refuses %s', async (_name, change, mode, code, says) => {
    const { operations, store } = await open();

    await expect(operations.lowerAutonomy({ ...LOWER, ...change, mode })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says),
    });
    expect(await store.loweredAutonomy()).toEqual([]);
  });

  it('never replaces a lower entry by a higher one', async () => {
    const { operations, store } = await open();
    await operations.lowerAutonomy({ ...LOWER, namespace: '*', mode: 'observe' });

    const attempts = await Promise.allSettled([
      operations.lowerAutonomy({ ...LOWER, namespace: '*', mode: 'suggest' }),
      operations.lowerAutonomy({ ...LOWER, mode: 'suggest' }),
    ]);

    expect(attempts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect((await store.loweredAutonomy()).map(({ mode }) => mode)).toEqual(['observe']);
  });

  it('of two at the same moment, the lower stays', async () => {
    const { operations, store } = await open();

    await Promise.allSettled([
      operations.lowerAutonomy({ ...LOWER, mode: 'observe' }),
      operations.lowerAutonomy({ ...LOWER, mode: 'suggest' }),
    ]);

    expect((await store.loweredAutonomy()).map(({ mode }) => mode)).toEqual(['observe']);
  });
});

describe('status and readiness', () => {
  it('counts what is open', async () => {
    const { operations, store, save } = await open();
    await save(incidentOf(), incidentOf({ id: 'incident-0002', key: 'b', causeKey: null, phase: 'watching' }));
    await store.commit({ save: [{ record: returnOf(), expectedVersion: 0 }] });

    const report = await operations.status();

    expect(StatusReport.parse(report)).toEqual(report);
    expect(report).toMatchObject({
      incidents: { held: 1, watching: 1 },
      obligations: { return: 1 },
      cluster: { state: 'ready' },
      store: { writable: true },
    });
    expect(report.store.bytes).toBeGreaterThan(0);
    expect((await operations.listObligations({ openOnly: true, limit: 5 })).obligations).toHaveLength(1);
  });

  it.each<[string, CacheState]>([
    ['starts', { state: 'starting' }],
    ['is behind', { state: 'behind', since: 1, detail: 'pods' }],
  ])('is not ready while the cluster cache %s', async (_name, cache) => {
    const { operations } = await open({ cluster: { cacheState: () => cache, workload: () => null } });

    const { ready, checks } = await operations.readiness();

    expect(ready).toBe(false);
    expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['cluster']);
  });

  it('is not ready, and does not fail, when the store does', async () => {
    const bench = await open();
    await bench.store.close();

    expect((await bench.operations.readiness()).checks).toContainEqual(
      expect.objectContaining({ name: 'store', ok: false }),
    );
  });
});

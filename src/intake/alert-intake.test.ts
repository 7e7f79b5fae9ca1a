import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { fakeWorkload } from '../../test/fakes/cluster.ts';
import { HaleError } from '../domain/errors.ts';
import type { Phase } from '../domain/phase.ts';
import { SIGNALS_SHOWN } from '../domain/signal.ts';
import type { ActiveAlert } from '../ports/alerts.ts';
import type { CacheState } from '../ports/cluster.ts';
import {
  alertOf,
  bodyOf,
  type IntakeBench,
  LIMITS,
  openIntake,
  START,
  type WholeIntakeOptions,
} from './testing/intake.ts';

const benches: IntakeBench[] = [];
async function open(change?: (options: WholeIntakeOptions) => Partial<WholeIntakeOptions>): Promise<IntakeBench> {
  const bench = await openIntake(change);
  benches.push(bench);
  return bench;
}
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
});

const ORDERS_KEY = 'subject:uid-orders';
const everyIncident = ({ store }: IntakeBench) => store.incidents({ limit: 1_000 });
const FINGERPRINT_B = 'bbbbbbbbbbbbbbbb';
const FINGERPRINT_C = 'cccccccccccccccc';

/** What ticks did meanwhile: every incident is past collecting, has read its inbox and sleeps. */
async function moveOn(bench: IntakeBench, phase: Phase = 'escalated'): Promise<void> {
  for (const incident of await everyIncident(bench)) {
    const inboxRead = await bench.store.inboxEnd(incident.id);
    const record = { ...incident, phase, inboxRead, wakeAt: START + 86_400_000 };
    await bench.store.commit({ save: [{ record, expectedVersion: incident.version }] });
  }
}

describe('one alert', () => {
  it('opens an incident of its workload that collects, and hints at it', async () => {
    const bench = await open();

    const result = await bench.intake.receive(bodyOf([alertOf()]));

    const [incident] = await everyIncident(bench);
    expect(result).toEqual({ accepted: 1, duplicates: 0, ignored: 0, watchdog: 0, incidentsOpened: 1, warnings: [] });
    expect(incident).toMatchObject({
      key: ORDERS_KEY,
      phase: 'collecting',
      title: 'OrdersPoolWaiting on Deployment shop/orders',
      subject: { kind: 'Deployment', namespace: 'shop', name: 'orders', uid: 'uid-orders' },
      wakeAt: START + LIMITS.settleMs,
    });
    expect(bench.hints).toEqual([{ id: incident?.id, wakeAt: START + LIMITS.settleMs }]);
    expect((await bench.store.audit({ limit: 10 })).map(({ kind }) => kind)).toEqual(['incident-opened']);
  });

  it('is stored with its nanoseconds, redacted, labels of the subject kept', async () => {
    const bench = await open();
    const alert = alertOf({
      labels: {
        alertname: 'A',
        namespace: 'shop',
        deployment: 'orders',
        instance: '10.0.0.7:8080',
        owner: 'jo@mail.example',
        api_token: 'hunter2',
      },
      annotations: { description: 'login with password=hunter2 to 10.0.0.7:5432 failed' },
    });

    await bench.intake.receive(bodyOf([alert]));

    const [incident] = await everyIncident(bench);
    const [entry] = await bench.store.inbox(incident?.id ?? '', 0, 10);
    expect(entry?.signal).toMatchObject({
      dedupeKey: '752f2388a83769bd|2026-11-22T07:58:25.736764521Z|firing',
      occurrence: '752f2388a83769bd|2026-11-22T07:58:25.736Z',
      labels: { alertname: 'A', instance: '10.0.0.7:8080', owner: '<redacted:email>', api_token: '<redacted:secret>' },
      annotations: { description: 'login with password=<redacted:secret> to <redacted:address> failed' },
    });
    expect(JSON.stringify([entry, incident])).not.toContain('hunter2');
  });

  it('that no workload fits is kept under its fingerprint', async () => {
    const bench = await open();

    await bench.intake.receive(
      bodyOf([alertOf({ labels: { alertname: 'A', namespace: 'shop', deployment: 'gone' } })]),
    );

    const [incident] = await everyIncident(bench);
    expect(incident).toMatchObject({
      key: 'signal:752f2388a83769bd',
      subject: null,
      title: 'A (no workload resolved)',
    });
  });

  it('from a clock that is ahead does not begin in the future', async () => {
    const bench = await open();

    await bench.intake.receive(bodyOf([alertOf({ startsAt: '2026-11-22T09:00:00Z' })]));

    const [incident] = await everyIncident(bench);
    const [entry] = await bench.store.inbox(incident?.id ?? '', 0, 1);
    expect(entry?.signal.startedAt).toBe(START);
  });

  it.each([
    '"} or vector(1) #',
    '${jndi:ldap://x}',
    '$(touch /tmp/x); `id`',
    '../../etc/passwd',
    '{{ .Values }}',
    "'; DROP TABLE signal; --",
    '!!js/function x',
    '\u0000\u202e\ud800',
    '<script>',
  ])('with the label %j is data and nothing else', async (text) => {
    const bench = await open();

    await bench.intake.receive(
      bodyOf([alertOf({ labels: { alertname: text, namespace: text, deployment: text, x: text } })]),
    );

    const [incident] = await everyIncident(bench);
    const [entry] = await bench.store.inbox(incident?.id ?? '', 0, 1);
    expect(incident?.subject).toBeNull();
    expect(entry?.signal.labels['namespace']).toBe(text.toWellFormed());
  });
});

describe('several alerts', () => {
  it('of one workload in one body open one incident', async () => {
    const bench = await open();

    const result = await bench.intake.receive(
      bodyOf([
        alertOf(),
        alertOf({ fingerprint: FINGERPRINT_B, labels: { namespace: 'shop', pod: 'orders-7d9f8c6b5d-x2k4b' } }),
      ]),
    );

    expect(result).toMatchObject({ accepted: 2, incidentsOpened: 1 });
  });

  it('of two workloads open two', async () => {
    const bench = await open();

    const result = await bench.intake.receive(
      bodyOf([alertOf(), alertOf({ fingerprint: FINGERPRINT_B, labels: { namespace: 'shop', deployment: 'web' } })]),
    );

    expect(result).toMatchObject({ accepted: 2, incidentsOpened: 2 });
  });

  it('that come later join; an incident that collects takes them in when that time is over', async () => {
    const bench = await open();
    await bench.intake.receive(bodyOf([alertOf()]));
    bench.clock.advance(1_000);

    const result = await bench.intake.receive(bodyOf([alertOf({ fingerprint: FINGERPRINT_B })]));

    const incidents = await everyIncident(bench);
    expect(result).toMatchObject({ accepted: 1, incidentsOpened: 0 });
    expect(incidents.map(({ wakeAt, version }) => ({ wakeAt, version }))).toEqual([
      { wakeAt: START + LIMITS.settleMs, version: 1 },
    ]);
  });

  it.each([
    { what: 'few signals', held: SIGNALS_SHOWN - 1, wakesAfterMs: 1_000 },
    { what: 'as many as it looks at', held: SIGNALS_SHOWN, wakesAfterMs: LIMITS.settleMs },
  ])('leave a diagnosis with $what its own pace: $wakesAfterMs ms', async ({ held, wakesAfterMs }) => {
    const bench = await open();
    const alerts = Array.from({ length: held }, (_, index) => alertOf({ fingerprint: `f${1_000_000 + index}` }));
    await bench.intake.receive(bodyOf(alerts));
    await moveOn(bench, 'diagnosing');

    await bench.intake.receive(bodyOf([alertOf({ fingerprint: FINGERPRINT_B })]));

    expect((await everyIncident(bench)).map(({ wakeAt }) => wakeAt)).toEqual([START + wakesAfterMs]);
  });

  it('wake an incident that is past collecting within a second, with others of that second, also beside one that collects', async () => {
    const bench = await open();
    await bench.intake.receive(bodyOf([alertOf()]));
    await moveOn(bench);
    bench.clock.advance(1_000);

    await bench.intake.receive(
      bodyOf([
        alertOf({ fingerprint: FINGERPRINT_B }),
        alertOf({ fingerprint: FINGERPRINT_C, labels: { alertname: 'B' } }),
      ]),
    );

    const [late] = (await everyIncident(bench)).filter(({ phase }) => phase === 'escalated');
    expect(late?.wakeAt).toBe(START + 2_000);
  });

  it('that repeat are counted and change nothing', async () => {
    const bench = await open();
    await bench.intake.receive(bodyOf([alertOf()]));

    const result = await bench.intake.receive(bodyOf([alertOf(), alertOf()]));

    expect(result).toMatchObject({ accepted: 0, duplicates: 2, incidentsOpened: 0 });
    expect(bench.hints).toHaveLength(1);
  });
});

describe('a resolve', () => {
  const resolved = alertOf({ status: 'resolved' });

  it('goes to its incident and wakes it', async () => {
    const bench = await open();
    await bench.intake.receive(bodyOf([alertOf()]));
    await moveOn(bench);
    bench.clock.advance(2_000);

    await bench.intake.receive(bodyOf([resolved]));

    const [incident] = await everyIncident(bench);
    const inbox = await bench.store.inbox(incident?.id ?? '', 0, 10);
    expect(inbox.map(({ signal }) => signal.status)).toEqual(['firing', 'resolved']);
    expect(incident?.wakeAt).toBe(START + 3_000);
  });

  it('finds its incident after the pod that led to the workload is gone', async () => {
    const bench = await open();
    const labels = { alertname: 'A', namespace: 'shop', pod: 'orders-7d9f8c6b5d-x2k4b' };
    await bench.intake.receive(bodyOf([alertOf({ labels })]));
    bench.cluster.addWorkload(fakeWorkload(), []);

    await bench.intake.receive(bodyOf([alertOf({ labels, status: 'resolved' })]));

    const [incident] = await everyIncident(bench);
    expect(incident?.key).toBe(ORDERS_KEY);
    expect(await bench.store.inbox(incident?.id ?? '', 0, 10)).toHaveLength(2);
  });

  it('that comes first is stored, and its firing is ignored', async () => {
    const bench = await open();

    const first = await bench.intake.receive(bodyOf([resolved]));
    const second = await bench.intake.receive(bodyOf([alertOf()]));

    expect(first).toMatchObject({ accepted: 1, incidentsOpened: 0 });
    expect(second).toMatchObject({ accepted: 0, ignored: 1, incidentsOpened: 0 });
    expect(await everyIncident(bench)).toEqual([]);
  });
});

describe('alerts that the body leaves out', () => {
  const left: ActiveAlert = {
    fingerprint: FINGERPRINT_B,
    labels: { alertname: 'OrdersPoolWaiting', namespace: 'shop', deployment: 'web' },
    annotations: {},
    startsAt: '2026-11-22T07:58:25.736Z',
    generatorUrl: '',
  };

  it('are asked of the configured Alertmanager and stored with the others', async () => {
    const asked: unknown[] = [];
    const alerts = {
      async active(filter: unknown) {
        asked.push(filter);
        return [left, { ...left, fingerprint: '752f2388a83769bd' }];
      },
    };
    const bench = await open(() => ({ alerts }));

    const result = await bench.intake.receive(bodyOf([alertOf()], { truncatedAlerts: 1 }));

    expect(asked).toEqual([{ labels: { alertname: 'OrdersPoolWaiting' }, receiver: 'web\\.hook-1' }]);
    expect(result).toMatchObject({ accepted: 2, incidentsOpened: 2, warnings: [] });
  });

  it('are the same occurrence as in a later body with nanoseconds', async () => {
    const bench = await open(() => ({ alerts: { active: async () => [left] } }));
    const later = { labels: left.labels, fingerprint: FINGERPRINT_B };
    await bench.intake.receive(bodyOf([alertOf()], { truncatedAlerts: 1 }));

    const result = await bench.intake.receive(bodyOf([alertOf({ ...later, status: 'resolved' })]));

    const web = (await everyIncident(bench)).find(({ key }) => key === 'subject:uid-web');
    const inbox = await bench.store.inbox(web?.id ?? '', 0, 10);
    expect(result).toMatchObject({ accepted: 1, incidentsOpened: 0 });
    expect(new Set(inbox.map(({ signal }) => signal.occurrence)).size).toBe(1);
  });

  it('that cannot be asked for are a warning, not a failure', async () => {
    const failing = { active: () => Promise.reject(new HaleError('alertmanager-unavailable', 'down')) };
    const bench = await open(() => ({ alerts: failing }));

    const result = await bench.intake.receive(bodyOf([alertOf()], { truncatedAlerts: 7 }));

    expect(result.accepted).toBe(1);
    expect(result.warnings).toEqual([expect.stringContaining('leaves out 7 alerts')]);
  });

  it('are not waited for without end', async () => {
    const hanging = {
      active: (_filter: unknown, signal?: AbortSignal) =>
        new Promise<never>((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(new HaleError('alertmanager-unavailable', 'cut off')));
        }),
    };
    const bench = await open(() => ({ alerts: hanging }));

    const answer = bench.intake.receive(bodyOf([alertOf()], { truncatedAlerts: 1 }));
    bench.clock.advance(LIMITS.askTimeoutMs);

    expect((await answer).warnings).toHaveLength(1);
  });
});

describe('too much, too early, or a store that fails', () => {
  it('more bodies than may be pending are put off', async () => {
    const bench = await open(({ limits }) => ({ limits: { ...limits, maxPendingCommits: 2 } }));

    const answers = await Promise.allSettled([1, 2, 3].map(() => bench.intake.receive(bodyOf([alertOf()]))));

    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(answers[2]).toMatchObject({ reason: { code: 'overloaded' } });
    await expect(bench.intake.receive(bodyOf([alertOf()]))).resolves.toMatchObject({ duplicates: 1 });
  });

  it('more bytes than may be pending are put off', async () => {
    const bench = await open(({ limits }) => ({ limits: { ...limits, maxPendingBytes: 10 } }));

    await expect(bench.intake.receive(bodyOf([alertOf()]))).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('while the cluster is not known, for a while after the start', async () => {
    let state: CacheState = { state: 'starting' };
    const bench = await open(({ cluster }) => ({ cluster: { ...cluster, cacheState: () => state } }));

    await expect(bench.intake.receive(bodyOf([alertOf()]))).rejects.toMatchObject({ code: 'overloaded' });
    bench.clock.advance(LIMITS.cacheGraceMs);
    await bench.intake.receive(bodyOf([alertOf()]));
    state = { state: 'ready' };
    await bench.intake.receive(bodyOf([alertOf({ fingerprint: FINGERPRINT_B })]));

    expect((await everyIncident(bench)).map(({ key }) => key).toSorted()).toEqual([
      'signal:752f2388a83769bd',
      ORDERS_KEY,
    ]);
  });

  it('a store that fails is said to be so, whatever it throws', async () => {
    const bench = await open(({ store }) => ({
      store: { intakeView: (query) => store.intakeView(query), commit: () => Promise.reject(new Error('disk')) },
    }));

    await expect(bench.intake.receive(bodyOf([alertOf()]))).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(bench.hints).toEqual([]);
  });

  it('a conflict looks again, and gives up as overloaded', async () => {
    let conflicts = 3;
    const bench = await open(({ store }) => ({
      store: {
        intakeView: (query) => store.intakeView(query),
        commit: async (change) => (conflicts-- > 0 ? { conflict: 'version', detail: '' } : store.commit(change)),
      },
    }));

    await expect(bench.intake.receive(bodyOf([alertOf()]))).resolves.toMatchObject({ accepted: 1 });
    conflicts = Number.POSITIVE_INFINITY;
    await expect(bench.intake.receive(bodyOf([alertOf({ fingerprint: FINGERPRINT_B })]))).rejects.toMatchObject({
      code: 'overloaded',
    });
  });

  it('the same new workload in many bodies at once opens one incident', async () => {
    const bench = await open();
    const bodies = Array.from({ length: 10 }, (_, index) => bodyOf([alertOf({ fingerprint: `${index}`.repeat(16) })]));

    const results = await Promise.all(bodies.map((body) => bench.intake.receive(body)));

    expect(results.reduce((sum, { incidentsOpened }) => sum + incidentsOpened, 0)).toBe(1);
    const [incident] = await everyIncident(bench);
    expect(await bench.store.inbox(incident?.id ?? '', 0, 100)).toHaveLength(10);
  });
});

it('the watchdog alert is noted and not stored', async () => {
  const seen: number[] = [];
  const bench = await open(() => ({ watchdog: { alertname: 'Watchdog', seen: (now) => seen.push(now) } }));
  const watchdog = { labels: { alertname: 'Watchdog' } };

  const result = await bench.intake.receive(bodyOf([alertOf(watchdog), alertOf({ ...watchdog, status: 'resolved' })]));

  expect(result).toMatchObject({ accepted: 0, watchdog: 2, incidentsOpened: 0 });
  expect(seen).toEqual([START]);
  expect(await everyIncident(bench)).toEqual([]);
});

describe('order of arrival', () => {
  /** What is left firing, by the signals alone, and in which open incident. */
  async function stateOf(bench: IntakeBench, prefix: string): Promise<string[]> {
    const incidents = (await everyIncident(bench)).filter(({ key }) => key.startsWith(`signal:${prefix}`));
    const entries = await Promise.all(incidents.map(({ id }) => bench.store.inbox(id, 0, 1_000)));
    const signals = entries.flat().map((entry) => entry.signal);
    const view = await bench.store.intakeView({
      dedupeKeys: [],
      occurrences: signals.map(({ occurrence }) => occurrence),
      incidentKeys: [],
    });
    return signals
      .filter(({ status, occurrence }) => status === 'firing' && !view.resolvedOccurrences.has(occurrence))
      .map(({ occurrence }) => occurrence.slice(prefix.length))
      .toSorted();
  }

  it('does not change what is left firing: firing, resolves and repeats in any order', async () => {
    const bench = await open();
    let run = 0;
    const delivery = fc.record({
      alert: fc.constantFrom('a', 'b'),
      occurrence: fc.integer({ min: 1, max: 3 }),
      status: fc.constantFrom('firing' as const, 'resolved' as const),
    });
    const deliveries = fc.array(delivery, { minLength: 1, maxLength: 10 });

    await fc.assert(
      fc.asyncProperty(deliveries, fc.array(fc.nat(), { minLength: 20, maxLength: 20 }), async (sent, keys) => {
        run += 1;
        const shuffled = [...sent, ...sent]
          .map((one, index) => ({ one, key: keys[index] ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        const deliver = async (prefix: string, list: typeof sent): Promise<string[]> => {
          for (const { alert, occurrence, status } of list) {
            const fingerprint = `${prefix}${alert}`;
            const startsAt = `2026-11-22T07:5${occurrence}:00Z`;
            await bench.intake.receive(
              bodyOf([alertOf({ fingerprint, status, startsAt, labels: { alertname: 'A' } })]),
            );
          }
          return stateOf(bench, prefix);
        };

        const inOrder = await deliver(`r${run}x`, sent);
        const mixed = await deliver(`r${run}y`, shuffled);

        expect(mixed).toEqual(inOrder);
      }),
      { numRuns: 25 },
    );
  });
});

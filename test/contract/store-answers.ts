import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SIGNALS_SHOWN } from '../../src/domain/signal.ts';
import type { Reservation } from '../../src/domain/verdict.ts';
import type { Store } from '../../src/ports/store.ts';
import type { MakeStore, StoreUnderTest } from './store.ts';
import { auditOf, evidenceOf, incidentOf, intentOf, obligationOf, signalOf, T0 } from './store-records.ts';

/** Inbox and waking, reservations, and what can be asked. */
export function storeAnswers(make: MakeStore): void {
  let made: StoreUnderTest;
  let store: Store;
  beforeEach(async () => {
    made = await make();
    store = made.store;
  });
  afterEach(async () => made.destroy());

  async function create(...records: Parameters<typeof incidentOf>[]): Promise<void> {
    for (const [id, fields] of records) {
      expect(await store.commit({ save: [{ record: incidentOf(id, fields), expectedVersion: 0 }] })).toBe('committed');
    }
  }

  describe('inbox and waking', () => {
    it('signals wake their incident and leave its version alone', async () => {
      await create(['a', { wakeAt: T0 + 5_000 }], ['b', { wakeAt: T0 + 10 }], ['c', { wakeAt: null }]);

      await store.commit({ signals: [signalOf('1', 'a'), signalOf('2', 'b'), signalOf('3', 'c')], wakeAt: T0 + 100 });

      expect(await store.incident('a')).toMatchObject({ version: 1, wakeAt: T0 + 100 });
      expect(await store.incident('b')).toMatchObject({ version: 1, wakeAt: T0 + 10 });
      expect(await store.incident('c')).toMatchObject({ version: 1, wakeAt: T0 + 100 });
    });

    it('a signal that is stored already is passed over and wakes nobody', async () => {
      await create(['a', {}]);
      await store.commit({ signals: [signalOf('1', 'a')] });

      const again = await store.commit({ signals: [signalOf('1', 'a'), signalOf('1', null)], wakeAt: T0 });

      expect(again).toBe('committed');
      expect(await store.inbox('a', 0, 10)).toHaveLength(1);
      expect((await store.incident('a'))?.wakeAt).toBeNull();
    });

    it('a signal for an incident that closed meanwhile is a version conflict; one that is stored already is not', async () => {
      await create(['a', {}]);
      await store.commit({ signals: [signalOf('1', 'a')] });
      const inboxRead = await store.inboxEnd('a');
      await store.commit({ save: [{ record: incidentOf('a', { phase: 'closed', inboxRead }), expectedVersion: 1 }] });

      const late = await store.commit({ signals: [signalOf('2', 'a')] });
      const repeated = await store.commit({ signals: [signalOf('1', 'a')] });

      expect(late).toMatchObject({ conflict: 'version' });
      expect(repeated).toBe('committed');
      expect(
        (await store.intakeView({ dedupeKeys: ['2|firing'], occurrences: [], incidentKeys: [] })).knownDedupeKeys.size,
      ).toBe(0);
    });

    it('an incident saved over an unread inbox is due at once, and cannot close', async () => {
      await create(['a', {}]);
      await store.commit({ signals: [signalOf('1', 'a')], wakeAt: T0 + 100 });

      const closing = await store.commit({
        save: [{ record: incidentOf('a', { phase: 'closed' }), expectedVersion: 1 }],
      });
      const saving = await store.commit({
        save: [{ record: incidentOf('a', { wakeAt: T0 + 9_000 }), expectedVersion: 1 }],
      });
      const due = await store.due(T0, 10);
      const inboxRead = await store.inboxEnd('a');
      await store.commit({
        save: [{ record: incidentOf('a', { wakeAt: T0 + 9_000, inboxRead }), expectedVersion: 2 }],
      });

      expect(closing).toMatchObject({ conflict: 'version' });
      expect(saving).toBe('committed');
      expect(due).toEqual([{ record: 'incident', id: 'a' }]);
      expect((await store.incident('a'))?.wakeAt).toBe(T0 + 9_000);
    });

    it('an incident saved over an unread inbox is due when the save says, or by itself before that', async () => {
      await create(['a', {}], ['b', {}]);
      await store.commit({ signals: [signalOf('1', 'a'), signalOf('2', 'b')], wakeAt: T0 });

      await store.commit({
        save: [
          { record: incidentOf('a', { wakeAt: T0 + 9_000 }), expectedVersion: 1, unreadWakeAt: T0 + 5_000 },
          { record: incidentOf('b', { wakeAt: T0 + 3_000 }), expectedVersion: 1, unreadWakeAt: T0 + 5_000 },
        ],
      });

      expect((await store.incident('a'))?.wakeAt).toBe(T0 + 5_000);
      expect((await store.incident('b'))?.wakeAt).toBe(T0 + 3_000);
    });

    it.each([
      ['diagnosing', SIGNALS_SHOWN, true],
      ['diagnosing', SIGNALS_SHOWN - 1, false],
      ['planning', SIGNALS_SHOWN, false],
    ] as const)('signals of an incident in %s that holds %i: unhurried %s', async (phase, count, unhurried) => {
      await create(['a', { phase }]);
      await store.commit({ signals: Array.from({ length: count }, (_, index) => signalOf(`${index}`, 'a')) });

      const view = await store.intakeView({ dedupeKeys: [], occurrences: [], incidentKeys: ['subject:uid-a'] });

      expect(view.openIncidents.size).toBe(1);
      expect(view.unhurried.has('a')).toBe(unhurried);
    });

    it('a new incident with its first signals keeps its own wake-up time', async () => {
      const result = await store.commit({
        save: [{ record: incidentOf('a', { wakeAt: T0 + 10_000 }), expectedVersion: 0 }],
        signals: [signalOf('1', 'a')],
      });

      expect(result).toBe('committed');
      expect((await store.incident('a'))?.wakeAt).toBe(T0 + 10_000);
    });

    it('reads the inbox in order, from a position on, and positions only grow', async () => {
      await create(['a', {}], ['b', {}]);
      await store.commit({ signals: [signalOf('1', 'a'), signalOf('2', 'b'), signalOf('3', 'a')] });
      await store.commit({ signals: [signalOf('4', 'a')] });

      const all = await store.inbox('a', 0, 10);
      const rest = await store.inbox('a', all[0]?.position ?? 0, 1);

      expect(all.map(({ signal }) => signal.occurrence)).toEqual(['1', '3', '4']);
      expect(all.map(({ position }) => position)).toEqual(
        all.map(({ position }) => position).toSorted((x, y) => x - y),
      );
      expect(rest.map(({ signal }) => signal.occurrence)).toEqual(['3']);
      expect(await store.inboxEnd('a')).toBe(all[2]?.position);
      expect(await store.inboxEnd('nobody')).toBe(0);
    });

    it('heads of the inbox are the same rows in the same order', async () => {
      await create(['a', {}], ['b', {}]);
      const late = signalOf('2', 'a', { status: 'resolved', startedAt: T0 + 5 });
      await store.commit({ signals: [signalOf('1', 'a'), signalOf('9', 'b'), late, signalOf('3', 'a')] });
      const all = await store.inbox('a', 0, 10);

      const heads = await store.inboxHeads('a', 0, 10);
      const rest = await store.inboxHeads('a', all[0]?.position ?? 0, 1);

      expect(heads).toEqual(
        all.map(({ position, signal: { occurrence, status, startedAt } }) => ({
          position,
          occurrence,
          status,
          startedAt,
        })),
      );
      expect(heads[1]).toMatchObject({ status: 'resolved', startedAt: T0 + 5 });
      expect(rest).toEqual(heads.slice(1, 2));
    });

    it('names what is due, earliest first, both kinds of record', async () => {
      await create(['late', { wakeAt: T0 + 30 }], ['early', { wakeAt: T0 + 10 }], ['never', { wakeAt: null }]);
      await store.commit({ save: [{ record: obligationOf('o', { wakeAt: T0 + 20 }), expectedVersion: 0 }] });

      const due = await store.due(T0 + 30, 10);

      expect(due.map(({ id }) => id)).toEqual(['early', 'o', 'late']);
      expect(await store.due(T0 + 29, 10)).toHaveLength(2);
      expect(await store.due(T0 + 30, 1)).toEqual([{ record: 'incident', id: 'early' }]);
      expect(await store.nextWakeAt()).toBe(T0 + 10);
      expect(await store.nextWakeAt(T0 + 10)).toBe(T0 + 20);
      expect(await store.nextWakeAt(T0 + 30)).toBeNull();
    });
  });

  describe('reservations', () => {
    const budget: Reservation = { kind: 'count', key: 'workload/1', limit: 2, windowMs: 1_000 };
    const slot: Reservation = { kind: 'exclusive', key: 'subject/1' };
    const take = (holder: string, at: number, ...items: Reservation[]) =>
      store.commit({ reserve: { holder, at, items } });

    it('counts in a sliding window', async () => {
      const results = [
        await take('p', T0, budget),
        await take('q', T0 + 500, budget),
        await take('r', T0 + 1_000, budget),
      ];

      const later = await take('r', T0 + 1_001, budget);

      expect([...results, later]).toMatchObject(['committed', 'committed', { conflict: 'reservation' }, 'committed']);
      expect(await store.counted('workload/1', T0 + 1)).toEqual({ used: 2, oldestAt: T0 + 500 });
      expect(await store.counted('workload/1', T0 + 2_000)).toEqual({ used: 0, oldestAt: null });
    });

    it('counts a key that one change takes twice as two', async () => {
      const three = await take('p', T0, budget, budget, budget);
      const two = await take('p', T0, budget, budget);

      expect([three, two]).toMatchObject([{ conflict: 'reservation' }, 'committed']);
      expect((await store.counted('workload/1', T0)).used).toBe(2);
    });

    it('takes all of a change or none', async () => {
      await take('p', T0, slot);

      const result = await take('q', T0, budget, { kind: 'exclusive', key: 'free' }, slot);

      expect(result).toMatchObject({ conflict: 'reservation' });
      expect((await store.counted('workload/1', T0)).used).toBe(0);
      expect(await store.holderOf('free')).toBeNull();
      expect(await take('p', T0, slot)).toBe('committed');
    });

    it('releases what is held and keeps what is spent; all gives the budget back too', async () => {
      await take('p', T0, slot, budget);
      await take('q', T0, budget);

      await store.commit({ release: { holder: 'p', what: 'held' } });
      const afterHeld = {
        holder: await store.holderOf('subject/1'),
        used: (await store.counted('workload/1', T0)).used,
      };
      await store.commit({ release: { holder: 'p', what: 'all' } });
      const afterAll = await store.counted('workload/1', T0);

      expect(afterHeld).toEqual({ holder: null, used: 2 });
      expect(afterAll.used).toBe(1);
    });

    it('hands a key over within one change', async () => {
      await take('p', T0, slot);

      const result = await store.commit({
        release: { holder: 'p', what: 'held' },
        reserve: { holder: 'q', at: T0, items: [slot] },
      });

      expect(result).toBe('committed');
      expect(await store.holderOf('subject/1')).toBe('q');
    });

    it('survives a restart', async () => {
      await take('p', T0, slot, budget, budget);

      store = await made.reopen();

      expect(await take('q', T0, slot)).toMatchObject({ conflict: 'reservation' });
      expect(await take('q', T0, budget)).toMatchObject({ conflict: 'reservation' });
    });
  });

  describe('what can be asked', () => {
    it('lists incidents newest first, by phase, openness and age', async () => {
      await create(
        ['old', { openedAt: T0, phase: 'closed', closedAt: T0 }],
        ['mid', { openedAt: T0 + 1, phase: 'held' }],
        ['new', { openedAt: T0 + 2, phase: 'verifying' }],
      );
      const ids = async (filter: Parameters<Store['incidents']>[0]) =>
        (await store.incidents(filter)).map(({ id }) => id);

      expect(await ids({ limit: 10 })).toEqual(['new', 'mid', 'old']);
      expect(await ids({ limit: 2 })).toEqual(['new', 'mid']);
      expect(await ids({ limit: 10, openOnly: true })).toEqual(['new', 'mid']);
      expect(await ids({ limit: 10, phases: ['closed', 'held'] })).toEqual(['mid', 'old']);
      expect(await ids({ limit: 10, openedSince: T0 + 1, phases: ['closed', 'held'] })).toEqual(['mid']);
      expect(await ids({ limit: 10, phases: [] })).toEqual([]);
    });

    it('lists obligations by openness, incident and kind', async () => {
      await create(['a', {}]);
      const returning = obligationOf('r', {
        dueAt: T0 + 1,
        incidentId: 'a',
        duty: { kind: 'return', intentId: 'i', planId: 'p', returnIncidentId: null },
      });
      for (const record of [returning, obligationOf('w'), obligationOf('d', { status: 'done', dueAt: T0 + 2 })]) {
        await store.commit({ save: [{ record, expectedVersion: 0 }] });
      }
      const ids = async (filter: Parameters<Store['obligations']>[0]) =>
        (await store.obligations(filter)).map(({ id }) => id);

      expect(await ids({ openOnly: false, limit: 10 })).toEqual(['w', 'r', 'd']);
      expect(await ids({ openOnly: true, limit: 10 })).toEqual(['w', 'r']);
      expect(await ids({ openOnly: true, incidentId: 'a', limit: 10 })).toEqual(['r']);
      expect(await ids({ openOnly: true, kind: 'recurrence-watch', limit: 10 })).toEqual(['w']);
    });

    it('answers intake in one look', async () => {
      await create(['a', {}], ['gone', {}], ['on', { phase: 'diagnosing' }]);
      await store.commit({
        signals: [signalOf('1', 'a'), signalOf('2', 'gone'), signalOf('3', null, { status: 'resolved' })],
      });
      const inboxRead = await store.inboxEnd('gone');
      await store.commit({
        save: [{ record: incidentOf('gone', { phase: 'closed', inboxRead }), expectedVersion: 1 }],
      });

      const view = await store.intakeView({
        dedupeKeys: ['1|firing', '2|firing', '3|resolved', '9|firing'],
        occurrences: ['1', '3'],
        incidentKeys: ['subject:uid-a', 'subject:uid-gone', 'subject:uid-on'],
      });

      expect(view.knownDedupeKeys).toEqual(
        new Map([
          ['1|firing', 'a'],
          ['2|firing', null],
          ['3|resolved', null],
        ]),
      );
      expect(view.resolvedOccurrences).toEqual(new Set(['3']));
      expect(view.openIncidents).toEqual(
        new Map([
          ['subject:uid-a', 'a'],
          ['subject:uid-on', 'on'],
        ]),
      );
      expect(view.unhurried).toEqual(new Set(['a']));
    });

    it.each([0, 1, 2, 10, 11, 50, 51, 200])(
      'looks up %i keys at once, and finds those that are there',
      async (count) => {
        await create(['a', {}]);
        const there = Array.from({ length: count }, (_, index) => `${index}`);
        await store.commit({ signals: there.map((occurrence) => signalOf(occurrence, 'a', { status: 'resolved' })) });

        const view = await store.intakeView({
          dedupeKeys: there.map((occurrence) => `${occurrence}|resolved`),
          occurrences: there,
          incidentKeys: there.map((name, index) => (index === count - 1 ? 'subject:uid-a' : `subject:${name}`)),
        });

        expect([...view.knownDedupeKeys.keys()].toSorted()).toEqual(there.map((o) => `${o}|resolved`).toSorted());
        expect([...view.resolvedOccurrences].toSorted()).toEqual(there.toSorted());
        expect(view.openIncidents.size).toBe(count === 0 ? 0 : 1);
      },
    );

    it('knows the newest action on a subject, unless nothing was applied', async () => {
      await create(['a', {}]);
      await store.commit({ intent: intentOf('i', 'a', { committedAt: T0 }) });
      await store.commit({ intent: intentOf('j', 'a', { committedAt: T0 + 1_000 }) });
      const before = await store.lastActionAt('uid-orders');

      await store.commit({ settle: { intentId: 'j', outcome: { result: 'not-applied', at: T0 + 2_000, detail: '' } } });

      expect(before).toBe(T0 + 1_000);
      expect(await store.lastActionAt('uid-orders')).toBe(T0);
      expect(await store.lastActionAt('uid-other')).toBeNull();
      expect((await store.intentsOf('a')).map(({ id }) => id)).toEqual(['i', 'j']);
    });

    it('counts sick subjects once each, without returns and those that went away by themselves', async () => {
      await create(
        ['a', { openedAt: T0 - 1 }],
        ['b', { openedAt: T0 }],
        ['c', { openedAt: T0, phase: 'closed', key: 'subject:uid-b' }],
        ['d', { openedAt: T0, purpose: 'return' }],
        ['e', { openedAt: T0, phase: 'self-resolved' }],
        ['f', { openedAt: T0 }],
      );
      const before = await store.sickSubjects(T0);
      await store.commit({
        save: [{ record: incidentOf('e', { openedAt: T0, phase: 'closed' }), expectedVersion: 1 }],
      });
      await store.commit({
        save: [{ record: incidentOf('f', { openedAt: T0, phase: 'closed' }), expectedVersion: 1 }],
      });

      expect(before).toBe(2);
      expect(await store.sickSubjects(T0)).toBe(2);
      expect(await store.sickSubjects(T0 - 1)).toBe(3);
    });

    it('reads audit oldest first, of one incident, since a moment', async () => {
      await store.commit({ audit: [auditOf('1', { at: T0, incidentId: 'a' }), auditOf('2', { at: T0 + 1 })] });
      await store.commit({ audit: [auditOf('3', { at: T0 + 2, incidentId: 'a' })] });
      const texts = async (filter: Parameters<Store['audit']>[0]) =>
        (await store.audit(filter)).map(({ text }) => text);

      expect(await texts({ limit: 10 })).toEqual(['1', '2', '3']);
      expect(await texts({ limit: 2 })).toEqual(['1', '2']);
      expect(await texts({ limit: 10, incidentId: 'a' })).toEqual(['1', '3']);
      expect(await texts({ limit: 10, since: T0 + 1 })).toEqual(['2', '3']);
    });

    it('keeps the newest freeze, and the lowest autonomy of each policy and namespace under the same rules', async () => {
      const lowered = {
        policyId: 'pool',
        namespace: 'shop',
        mode: 'approve',
        rulesHash: 'h',
        by: 'on-call',
        reason: 'r',
        at: T0,
      } as const;
      const empty = { freeze: await store.freeze(), autonomy: await store.loweredAutonomy() };

      await store.commit({ freeze: { frozen: true, by: 'on-call', reason: 'r', at: T0 }, autonomy: lowered });
      await store.commit({ freeze: { frozen: false, by: 'lead', reason: 's', at: T0 + 1 } });
      await store.commit({ autonomy: { ...lowered, mode: 'observe' } });
      await store.commit({ autonomy: lowered });
      await store.commit({ autonomy: { ...lowered, namespace: 'other', mode: 'observe' } });
      await store.commit({ autonomy: { ...lowered, namespace: 'other', rulesHash: 'changed since' } });

      expect(empty).toEqual({ freeze: null, autonomy: [] });
      expect(await store.freeze()).toEqual({ frozen: false, by: 'lead', reason: 's', at: T0 + 1 });
      expect((await store.loweredAutonomy()).map(({ namespace, mode }) => [namespace, mode])).toEqual([
        ['other', 'approve'],
        ['shop', 'observe'],
      ]);
    });

    it('answers null or nothing for what it does not hold, and says that it can be written', async () => {
      expect(await store.incident('x')).toBeNull();
      expect(await store.obligation('x')).toBeNull();
      expect(await store.evidence('x')).toBeNull();
      expect(await store.evidenceOf('x')).toEqual([]);
      expect(await store.intent('x')).toBeNull();
      expect(await store.nextWakeAt()).toBeNull();
      expect(await store.due(T0, 10)).toEqual([]);
      expect(await store.writable()).toBe(true);
    });

    it('keeps evidence as it was read, whatever its body', async () => {
      await create(['a', {}]);
      const bodies = [null, 'text', 1.5, [{ nested: [true] }]];

      await store.commit({ evidence: bodies.map((body, index) => evidenceOf(`e${index}`, 'a', { body })) });

      expect((await store.evidenceOf('a')).map(({ body }) => body)).toEqual(bodies);
    });

    it('refuses everything once closed', async () => {
      await store.close();

      await expect(store.commit({ audit: [auditOf('late')] })).rejects.toMatchObject({ code: 'store-unavailable' });
      await expect(store.due(T0, 1)).rejects.toMatchObject({ code: 'store-unavailable' });
    });
  });
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change, Store } from '../../src/ports/store.ts';
import type { MakeStore, StoreUnderTest } from './store.ts';
import {
  approvalOf,
  auditOf,
  digestOf,
  evidenceOf,
  incidentOf,
  intentOf,
  obligationOf,
  signalOf,
  T0,
} from './store-records.ts';

function attemptOn(record: 'incident' | 'obligation', id: string, expectedVersion: number) {
  return { ref: { record, id }, expectedVersion, attempts: 3, wakeAt: T0 + 7_000 };
}

/** One change, all or nothing: versions, reservations, uniqueness. */
export function storeCommits(make: MakeStore): void {
  describe('commit', () => {
    let made: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      made = await make();
      store = made.store;
      expect(
        await store.commit({ save: [{ record: incidentOf('a', { wakeAt: T0 + 5_000 }), expectedVersion: 0 }] }),
      ).toBe('committed');
    });
    afterEach(async () => made.destroy());

    it('creates with version 1 and counts up from there', async () => {
      const first = await store.incident('a');
      const result = await store.commit({ save: [{ record: incidentOf('a', { title: 'new' }), expectedVersion: 1 }] });

      expect(first?.version).toBe(1);
      expect(result).toBe('committed');
      expect(await store.incident('a')).toMatchObject({ version: 2, title: 'new' });
    });

    it.each([
      { what: 'creating what exists', record: incidentOf('a'), expectedVersion: 0 },
      { what: 'a version too old', record: incidentOf('a'), expectedVersion: 2 },
      { what: 'updating what does not exist', record: incidentOf('b'), expectedVersion: 1 },
      { what: 'an obligation that does not exist', record: obligationOf('o'), expectedVersion: 3 },
      { what: 'an obligation of no incident', record: obligationOf('o', { incidentId: 'nobody' }), expectedVersion: 0 },
    ])('$what is a version conflict', async (save) => {
      const result = await store.commit({ save: [save], audit: [auditOf('half')] });

      expect(result).toMatchObject({ conflict: 'version' });
      expect(await store.audit({ limit: 10 })).toEqual([]);
      expect((await store.incident('a'))?.version).toBe(1);
    });

    it('an attempt counts, moves version and wake-up time on, and leaves the rest as it is', async () => {
      await store.commit({ save: [{ record: obligationOf('o'), expectedVersion: 0 }], signals: [signalOf('s', 'a')] });
      const before = { incident: await store.incident('a'), obligation: await store.obligation('o') };

      const results = [
        await store.commit({ attempt: attemptOn('incident', 'a', 1) }),
        await store.commit({ attempt: attemptOn('obligation', 'o', 1) }),
      ];

      const moved = { version: 2, attempts: 3, wakeAt: T0 + 7_000 };
      expect(results).toEqual(['committed', 'committed']);
      // The unread signal does not make it due: the tick that begins is about to read it.
      expect(await store.incident('a')).toEqual({ ...before.incident, ...moved });
      expect(await store.obligation('o')).toEqual({ ...before.obligation, ...moved });
      expect(await store.due(T0 + 7_000, 10)).toHaveLength(2);
      const again = await made.reopen();
      expect(await again.incident('a')).toEqual({ ...before.incident, ...moved });
      expect(await again.incidents({ limit: 10 })).toEqual([{ ...before.incident, ...moved }]);
    });

    it('a save after an attempt goes on from its version, and its figures count', async () => {
      await store.commit({ attempt: attemptOn('incident', 'a', 1) });

      const stale = await store.commit({ save: [{ record: incidentOf('a'), expectedVersion: 1 }] });
      const saved = await store.commit({ save: [{ record: incidentOf('a', { attempts: 0 }), expectedVersion: 2 }] });

      expect(stale).toMatchObject({ conflict: 'version' });
      expect(saved).toBe('committed');
      expect(await store.incident('a')).toMatchObject({ version: 3, attempts: 0, wakeAt: null });
    });

    it.each([
      { what: 'a version too old', attempt: attemptOn('incident', 'a', 0) },
      { what: 'a version too new', attempt: attemptOn('incident', 'a', 2) },
      { what: 'an incident that does not exist', attempt: attemptOn('incident', 'nobody', 0) },
      { what: 'an obligation that does not exist', attempt: attemptOn('obligation', 'a', 1) },
    ])('an attempt on $what is a version conflict', async ({ attempt }) => {
      const before = await store.incident('a');

      const result = await store.commit({ attempt, audit: [auditOf('half')] });

      expect(result).toMatchObject({ conflict: 'version' });
      expect(await store.incident('a')).toEqual(before);
      expect(await store.audit({ limit: 10 })).toEqual([]);
    });

    it.each<{ what: string; change: Change }>([
      { what: 'evidence', change: { evidence: [evidenceOf('e', 'nobody')] } },
      { what: 'an intent', change: { intent: intentOf('i', 'nobody') } },
      { what: 'an approval', change: { approval: approvalOf('p', 'nobody') } },
      { what: 'a signal', change: { signals: [signalOf('s', 'nobody')] } },
      {
        what: 'an outcome',
        change: { settle: { intentId: 'nothing', outcome: { result: 'applied', at: T0, detail: '' } } },
      },
      { what: 'a used approval', change: { approvalUsed: { id: 'nothing', at: T0 } } },
    ])('$what without what it refers to is a version conflict', async ({ change }) => {
      const result = await store.commit({ ...change, audit: [auditOf('half')] });

      expect(result).toMatchObject({ conflict: 'version' });
      expect(await store.audit({ limit: 10 })).toEqual([]);
    });

    it('stores everything of one change together, also what refers to records of the same change', async () => {
      const change: Change = {
        save: [
          { record: incidentOf('b'), expectedVersion: 0 },
          { record: obligationOf('o', { incidentId: 'b' }), expectedVersion: 0 },
        ],
        signals: [signalOf('s', 'b')],
        evidence: [evidenceOf('e', 'b')],
        audit: [auditOf('all')],
        reserve: { holder: 'plan-1', at: T0, items: [{ kind: 'exclusive', key: 'subject/1' }] },
        approval: approvalOf('p', 'b'),
        intent: intentOf('i', 'b'),
        freeze: { frozen: true, by: 'on-call', reason: 'deploy', at: T0 },
        autonomy: {
          policyId: 'pool',
          namespace: '*',
          mode: 'suggest',
          rulesHash: 'h',
          by: 'on-call',
          reason: 'doubt',
          at: T0,
        },
      };

      expect(await store.commit(change)).toBe('committed');
      const again = await made.reopen();

      expect(await again.obligation('o')).toEqual(obligationOf('o', { incidentId: 'b', version: 1 }));
      expect((await again.inbox('b', 0, 10)).map(({ signal }) => signal)).toEqual([signalOf('s', 'b')]);
      expect(await again.evidence('e')).toEqual(evidenceOf('e', 'b'));
      expect(await again.audit({ limit: 10 })).toEqual([auditOf('all')]);
      expect(await again.holderOf('subject/1')).toBe('plan-1');
      expect(await again.approvalFor(digestOf('p'))).toEqual(approvalOf('p', 'b'));
      expect(await again.intent('i')).toEqual(intentOf('i', 'b'));
      expect(await again.freeze()).toEqual(change.freeze);
      expect(await again.loweredAutonomy()).toEqual([change.autonomy]);
    });

    it('gives the conflict that comes first: versions, then reservations, then uniqueness', async () => {
      const reserve = {
        holder: 'p',
        at: T0,
        items: [{ kind: 'count', key: 'budget', limit: 0, windowMs: 1_000 } as const],
      };
      const duplicate = { record: incidentOf('b', { key: 'subject:uid-a' }), expectedVersion: 0 };

      const all = await store.commit({ save: [duplicate, { record: incidentOf('a'), expectedVersion: 7 }], reserve });
      const two = await store.commit({ save: [duplicate], reserve });
      const one = await store.commit({ save: [duplicate] });

      expect([all, two, one]).toMatchObject([
        { conflict: 'version' },
        { conflict: 'reservation' },
        { conflict: 'duplicate' },
      ]);
      expect(await store.incident('b')).toBeNull();
    });

    it('refuses a record that its schema refuses, and stores nothing', async () => {
      const wrong = { ...incidentOf('b'), openedAt: -1 };

      await expect(
        store.commit({ save: [{ record: wrong, expectedVersion: 0 }], audit: [auditOf('half')] }),
      ).rejects.toMatchObject({ code: 'internal-error' });
      expect(await store.audit({ limit: 10 })).toEqual([]);
    });

    it('keeps what was handed over when the caller alters it afterwards', async () => {
      const items = [{ kind: 'exclusive' as const, key: 'before' }];
      const pending = store.commit({ reserve: { holder: 'p', at: T0, items } });
      items[0] = { kind: 'exclusive', key: 'after' };

      await pending;

      expect([await store.holderOf('before'), await store.holderOf('after')]).toEqual(['p', null]);
    });

    it('one conflict among many commits at once undoes that one alone', async () => {
      const names = ['b', 'a', 'c', 'd'];

      const results = await Promise.all(
        names.map((name) =>
          store.commit({ save: [{ record: incidentOf(name), expectedVersion: 0 }], audit: [auditOf(name)] }),
        ),
      );

      expect(results).toMatchObject(['committed', { conflict: 'version' }, 'committed', 'committed']);
      expect((await store.audit({ limit: 10 })).map(({ text }) => text)).toEqual(['b', 'c', 'd']);
    });

    it('of two commits on the same version exactly one wins', async () => {
      const results = await Promise.all([
        store.commit({ save: [{ record: incidentOf('a', { title: 'one' }), expectedVersion: 1 }] }),
        store.commit({ save: [{ record: incidentOf('a', { title: 'two' }), expectedVersion: 1 }] }),
      ]);

      expect(results.filter((result) => result === 'committed')).toHaveLength(1);
      expect(results.filter((result) => result !== 'committed')).toMatchObject([{ conflict: 'version' }]);
    });

    it('keeps one open incident per key, and frees the key when it closes', async () => {
      const twin = { record: incidentOf('twin', { key: 'subject:uid-a' }), expectedVersion: 0 };
      const closing = { record: incidentOf('a', { phase: 'closed', closedAt: T0 }), expectedVersion: 1 };

      const while_ = await store.commit({ save: [twin] });
      const handOver = await store.commit({ save: [twin, closing] });

      expect(while_).toMatchObject({ conflict: 'duplicate' });
      expect(handOver).toBe('committed');
    });

    it('keeps one open leader per cause', async () => {
      const lead = { record: incidentOf('a', { causeKey: 'pool/uid-db' }), expectedVersion: 1 };
      const rival = { record: incidentOf('b', { causeKey: 'pool/uid-db' }), expectedVersion: 0 };

      const first = await store.commit({ save: [lead] });
      const second = await store.commit({ save: [rival] });
      const leader = await store.leaderOf('pool/uid-db');
      await store.commit({
        save: [{ record: incidentOf('a', { causeKey: 'pool/uid-db', phase: 'closed' }), expectedVersion: 2 }],
      });
      const none = await store.leaderOf('pool/uid-db');
      const third = await store.commit({ save: [rival] });

      expect([first, second, third]).toMatchObject(['committed', { conflict: 'duplicate' }, 'committed']);
      expect(leader?.id).toBe('a');
      expect(none).toBeNull();
    });

    it('names those that follow an incident, newest first, until they are closed', async () => {
      const follower = (id: string, openedAt: number, change = {}) => ({
        record: incidentOf(id, { leaderId: 'a', phase: 'following', openedAt, ...change }),
        expectedVersion: 0,
      });
      await store.commit({ save: [follower('b', T0), follower('c', T0 + 1), follower('d', T0 + 2)] });
      await store.commit({
        save: [{ ...follower('c', T0 + 1, { phase: 'closed', closedAt: T0 }), expectedVersion: 1 }],
      });

      const all = await store.followersOf('a', 10);
      const newest = await store.followersOf('a', 1);
      const none = await store.followersOf('b', 10);

      expect([all, newest, none].map((found) => found.map(({ id }) => id))).toEqual([['d', 'b'], ['d'], []]);
    });

    it('stores one answer per plan and uses it once', async () => {
      const first = await store.commit({ approval: approvalOf('p', 'a') });
      const second = await store.commit({
        approval: approvalOf('q', 'a', { planDigest: digestOf('p'), answer: 'refused' }),
      });
      const used = await store.commit({ approvalUsed: { id: 'p', at: T0 + 1 } });
      const usedAgain = await store.commit({ approvalUsed: { id: 'p', at: T0 + 2 } });

      expect([first, second, used, usedAgain]).toMatchObject([
        'committed',
        { conflict: 'duplicate' },
        'committed',
        { conflict: 'duplicate' },
      ]);
      expect(await store.approvalFor(digestOf('p'))).toMatchObject({ answer: 'approved', usedAt: T0 + 1 });
    });

    it('takes an intent once and its outcome once', async () => {
      const outcome = { result: 'applied' as const, at: T0 + 1, detail: 'patched' };

      const first = await store.commit({ intent: intentOf('i', 'a') });
      const twin = await store.commit({ intent: intentOf('j', 'a', { idempotencyKey: 'key-i' }) });
      const settled = await store.commit({ settle: { intentId: 'i', outcome } });
      const again = await store.commit({ settle: { intentId: 'i', outcome: { ...outcome, result: 'unknown' } } });

      expect([first, twin, settled, again]).toMatchObject([
        'committed',
        { conflict: 'duplicate' },
        'committed',
        { conflict: 'duplicate' },
      ]);
      expect(await store.intent('i')).toEqual(intentOf('i', 'a', { outcome }));
    });
  });
}

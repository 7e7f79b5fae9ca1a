import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RetentionCaps, Store } from '../../src/ports/store.ts';
import type { MakeStore, StoreUnderTest } from './store.ts';
import { approvalOf, auditOf, evidenceOf, incidentOf, intentOf, obligationOf, signalOf, T0 } from './store-records.ts';

const ROOMY = { maxAgeMs: 1_000_000, maxRows: 1_000_000 };
const CAPS: RetentionCaps = { signals: ROOMY, evidence: ROOMY, incidents: ROOMY, audit: ROOMY };
const NOTHING = { signals: 0, evidence: 0, incidents: 0, audit: 0 };

/** Pruning: bounded, oldest first, never what is still needed. */
export function storeRetention(make: MakeStore): void {
  describe('retention', () => {
    let made: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      made = await make();
      store = made.store;
    });
    afterEach(async () => made.destroy());

    async function pruneAll(now: number, caps: RetentionCaps, maxRows: number): Promise<Record<string, number>> {
      const total: Record<string, number> = { ...NOTHING };
      // Steps may pause over rows that are still needed, so a few empty ones in a row mean the end.
      for (let idle = 0; idle < 3; ) {
        const removed = await store.prune(now, caps, maxRows);
        const count = Object.values(removed).reduce((sum, rows) => sum + rows, 0);
        expect(count).toBeLessThanOrEqual(maxRows);
        for (const [kind, rows] of Object.entries(removed)) total[kind] = (total[kind] ?? 0) + rows;
        idle = count === 0 ? idle + 1 : 0;
      }
      return total;
    }

    it('removes what is too old in bounded steps and keeps the rest', async () => {
      const at = (index: number): number => T0 + index;
      await store.commit({ audit: Array.from({ length: 25 }, (_, index) => auditOf(`${index}`, { at: at(index) })) });
      await store.commit({
        signals: Array.from({ length: 25 }, (_, index) => signalOf(`${index}`, null, { receivedAt: at(index) })),
      });
      const caps = { ...CAPS, audit: { ...ROOMY, maxAgeMs: 10 }, signals: { ...ROOMY, maxAgeMs: 20 } };

      const removed = await pruneAll(T0 + 30, caps, 4);

      expect(removed).toEqual({ ...NOTHING, audit: 20, signals: 10 });
      expect((await store.audit({ limit: 100 })).map(({ text }) => text)).toEqual(['20', '21', '22', '23', '24']);
    });

    it('removes the oldest of what is too many', async () => {
      await store.commit({ audit: Array.from({ length: 10 }, (_, index) => auditOf(`${index}`)) });

      const removed = await pruneAll(T0, { ...CAPS, audit: { ...ROOMY, maxRows: 3 } }, 100);

      expect(removed).toEqual({ ...NOTHING, audit: 7 });
      expect((await store.audit({ limit: 100 })).map(({ text }) => text)).toEqual(['7', '8', '9']);
    });

    it('never removes what an open incident or an open obligation needs', async () => {
      const records = [
        incidentOf('open'),
        incidentOf('owing', { phase: 'closed', closedAt: T0 }),
        incidentOf('source', { phase: 'closed', closedAt: T0 }),
        incidentOf('back', { previousId: 'source' }),
        incidentOf('lead', { phase: 'closed', closedAt: T0 }),
        incidentOf('follower', { phase: 'following', leaderId: 'lead' }),
        incidentOf('returning', { phase: 'closed', closedAt: T0, purpose: 'return' }),
        incidentOf('done', { phase: 'closed', closedAt: T0 }),
      ];
      for (const record of records) {
        const open = record.phase !== 'closed';
        await store.commit({
          save: [{ record, expectedVersion: 0 }],
          signals: open ? [signalOf(record.id, record.id)] : [],
          evidence: [evidenceOf(`e-${record.id}`, record.id)],
          audit: [auditOf(record.id, { incidentId: record.id })],
        });
      }
      const duty = { kind: 'return', intentId: 'i', planId: 'p', returnIncidentId: 'returning' } as const;
      await store.commit({ save: [{ record: obligationOf('o', { incidentId: 'owing', duty }), expectedVersion: 0 }] });

      const expired = { maxAgeMs: 0, maxRows: 0 };
      await pruneAll(T0 + 10, { signals: expired, evidence: expired, incidents: expired, audit: expired }, 100);

      const left = (await store.incidents({ limit: 100 })).map(({ id }) => id).toSorted();
      expect(left).toEqual(['back', 'follower', 'lead', 'open', 'owing', 'returning', 'source']);
      expect(await store.inbox('open', 0, 10)).toHaveLength(1);
      expect(await store.evidenceOf('open')).toHaveLength(1);
      expect(await store.evidenceOf('owing')).toHaveLength(1);
      expect(await store.evidence('e-done')).toBeNull();
      expect(await store.audit({ incidentId: 'open', limit: 10 })).toHaveLength(1);
      expect(await store.audit({ incidentId: 'done', limit: 10 })).toHaveLength(0);
    });

    it('removes a closed incident with all that hangs on it, however small the step', async () => {
      await store.commit({
        save: [
          { record: incidentOf('a', { phase: 'closed', closedAt: T0 }), expectedVersion: 0 },
          { record: obligationOf('o', { incidentId: 'a', status: 'done' }), expectedVersion: 0 },
        ],
        evidence: [evidenceOf('e', 'a'), evidenceOf('f', 'a'), evidenceOf('g', 'a')],
        intent: intentOf('i', 'a'),
        approval: approvalOf('p', 'a'),
      });

      const removed = await pruneAll(T0 + 100, { ...CAPS, incidents: { ...ROOMY, maxAgeMs: 50 } }, 2);

      expect(removed).toEqual({ ...NOTHING, evidence: 3, incidents: 4 });
      expect(await store.incident('a')).toBeNull();
      expect(await store.obligation('o')).toBeNull();
      expect(await store.intent('i')).toBeNull();
    });

    it('never forgets an action to make room, because cooldowns are counted from it', async () => {
      await store.commit({
        save: [{ record: incidentOf('a', { phase: 'closed', closedAt: T0 }), expectedVersion: 0 }],
        intent: intentOf('i', 'a'),
      });

      await pruneAll(T0 + 1, { ...CAPS, incidents: { ...ROOMY, maxRows: 0 } }, 100);

      expect(await store.lastActionAt('uid-orders')).toBe(T0);
    });

    it('keeps budgets that are still counted', async () => {
      const budget = { kind: 'count', key: 'day', limit: 1, windowMs: 500 } as const;
      await store.commit({ reserve: { holder: 'p', at: T0, items: [budget] } });

      await pruneAll(T0 + 400, { ...CAPS, incidents: { maxAgeMs: 1, maxRows: 0 } }, 100);

      expect(await store.commit({ reserve: { holder: 'q', at: T0 + 400, items: [budget] } })).toMatchObject({
        conflict: 'reservation',
      });
    });

    it('says how much it holds', async () => {
      const before = await store.size();

      await store.commit({
        save: [{ record: incidentOf('a'), expectedVersion: 0 }],
        audit: [auditOf('1'), auditOf('2')],
      });

      const after = await store.size();
      expect(before.rows).toMatchObject({ incident: 0, audit: 0 });
      expect(after.rows).toMatchObject({ incident: 1, audit: 2 });
      expect(after.bytes).toBeGreaterThan(0);
    });
  });
}

import { describe, expect, it } from 'vitest';
import type { Cause } from '../../src/domain/finding.ts';
import type { Intent, IntentDirection } from '../../src/domain/intent.ts';
import { Permission } from '../../src/domain/permission.ts';
import { Preview } from '../../src/domain/plan.ts';
import { CauseReason } from '../../src/domain/reason.ts';
import type { Remediation } from '../../src/plugin/remediation.ts';
import type { FakeCluster } from '../fakes/cluster.ts';
import { fakeMetrics, fakeSeries } from '../fakes/metrics.ts';
import { fakeActContext, fakeReadContext } from '../fakes/read-context.ts';

const NOW = 1_800_000_000_000;
const DEADLINE_MS = 30_000;

/** One remediation, with a world in which it proposes something. */
export interface RemediationCase {
  readonly remediation: Remediation;
  readonly cause: Cause;
  readonly settings: unknown;
  /** A fresh cluster for each test, in which the cause's subject is. */
  arrange(now: () => number): FakeCluster;
  /** The change is in force with the write: nothing has to be carried out. */
  readonly atOnce?: boolean;
  /** Writes that one action takes; one when not given. The last one is what it is about. */
  readonly writesPerAction?: number;
  /** Nobody can undo what it did: it stays in force whatever others do. */
  readonly isFinal?: boolean;
  /** Somebody else changes what the plan touches. */
  moveWorld(cluster: FakeCluster): void;
  /** The cluster has carried the change out. */
  carryOut(cluster: FakeCluster): void;
  /** What the plan touches, as it is now: equal before, and after a rollback. */
  touched(cluster: FakeCluster): Promise<unknown>;
  /** Another object takes the name of the one that is written; the workload itself where it is that one. */
  replaceObject?(cluster: FakeCluster): void;
  removeObject?(cluster: FakeCluster): void;
}

/** What every remediation that writes to Kubernetes keeps to, on a cluster that refuses a patch whose tests fail. */
export function remediationContract(given: RemediationCase): void {
  const { remediation, cause, writesPerAction = 1 } = given;

  function start() {
    let now = NOW;
    const cluster = given.arrange(() => now);
    const options = { metrics: fakeMetrics(fakeSeries().store), cluster, now: () => now };
    const read = fakeReadContext(options);
    const act = (intentId = 'intent-1') => fakeActContext({ ...options, intentId, deadline: NOW + DEADLINE_MS });
    return {
      cluster,
      read,
      act,
      pass: (ms: number) => {
        now += ms;
      },
      planned: async () => {
        const proposal = await remediation.propose(cause, given.settings, read);
        if ('declined' in proposal) throw new Error(`declined: ${proposal.declined}`);
        const preview = await remediation.preview(cause, proposal.params, read);
        const checkpoint = stored(await remediation.prepare(cause, proposal.params, read));
        return { params: stored(proposal.params), preview, checkpoint };
      },
      intent: (params: unknown, checkpoint: unknown, direction: IntentDirection = 'apply'): Intent => {
        return {
          id: direction === 'apply' ? 'intent-1' : 'intent-2',
          idempotencyKey: 'incident-1/policy/1',
          incidentId: 'incident-1',
          planId: 'plan-1',
          planDigest: '0'.repeat(64),
          remediation: remediation.id,
          direction,
          subject: cause.subject,
          params,
          checkpoint,
          committedAt: NOW,
          deadline: NOW + DEADLINE_MS,
          outcome: null,
        };
      },
      rollback: async (checkpoint: unknown) => {
        if (typeof remediation.rollback !== 'function') throw new Error(`no rollback: ${remediation.rollback.none}`);
        await remediation.rollback(checkpoint, act('intent-2'));
      },
    };
  }

  describe(`remediation contract: ${remediation.id}`, () => {
    it('declares itself in words of the domain', () => {
      expect(remediation.id).toMatch(/^[a-z][a-z0-9-]+$/);
      expect(() => remediation.needs.map((need) => Permission.parse(need))).not.toThrow();
      expect(remediation.handles.length).toBeGreaterThan(0);
      expect(() => remediation.handles.map((reason) => CauseReason.parse(reason))).not.toThrow();
      expect(remediation.evidence.length).toBeGreaterThan(0);
      expect(remediation.risk !== 'reversible' || typeof remediation.rollback === 'function').toBe(true);
    });

    it('refuses settings that it does not know', async () => {
      const { read } = start();
      const settings = { ...(given.settings as object), noSuchSetting: 1 };

      await expect((async () => remediation.propose(cause, settings, read))()).rejects.toThrow(/noSuchSetting/);
    });

    it('previews what it would do and writes nothing', async () => {
      const { cluster, planned } = start();
      const before = await given.touched(cluster);

      const { preview } = await planned();

      expect(Preview.parse(preview)).toEqual(preview);
      expect(preview.changes.length).toBeGreaterThan(0);
      expect(Object.keys(preview.touches).length).toBeGreaterThan(0);
      expect(written(cluster)).toEqual([]);
      expect(await given.touched(cluster)).toEqual(before);
    });

    it('declines instead of proposing for a subject that is gone', async () => {
      const { cluster, read } = start();
      cluster.remove(cause.subject);

      expect(await remediation.propose(cause, given.settings, read)).toHaveProperty('declined');
    });

    it('writes once when it is applied twice', async () => {
      const { cluster, act, planned } = start();
      const { params, checkpoint } = await planned();

      await remediation.apply(params, checkpoint, act());
      await remediation.apply(params, checkpoint, act());

      expect(written(cluster).map(({ intentId }) => intentId)).toEqual(Array(writesPerAction).fill('intent-1'));
    });

    it('refuses past the deadline of the intent', async () => {
      const { cluster, act, planned, pass } = start();
      const { params, checkpoint } = await planned();
      pass(DEADLINE_MS + 1);

      await expect(remediation.apply(params, checkpoint, act())).rejects.toMatchObject({ code: 'intent-expired' });
      expect(written(cluster)).toEqual([]);
    });

    it('refuses when the world moved', async () => {
      const { cluster, act, planned } = start();
      const { params, checkpoint } = await planned();
      given.moveWorld(cluster);

      await expect(remediation.apply(params, checkpoint, act())).rejects.toMatchObject({ code: 'world-moved' });
      expect(written(cluster)).toEqual([]);
    });

    it('refuses when another object has taken the name', async () => {
      const { cluster, act, planned } = start();
      const { params, checkpoint } = await planned();
      if (given.replaceObject) given.replaceObject(cluster);
      else cluster.change(cause.subject, { subject: { ...cause.subject, uid: 'another' } });

      await expect(remediation.apply(params, checkpoint, act())).rejects.toMatchObject({ code: 'world-moved' });
      expect(written(cluster)).toEqual([]);
    });

    it('settles as applied when the answer to the write was lost', async () => {
      const { cluster, act, read, planned, intent } = start();
      const { params, checkpoint } = await planned();
      cluster.nextWrite('lost-answer', writesPerAction - 1);

      await expect(remediation.apply(params, checkpoint, act())).rejects.toMatchObject({ code: 'cluster-unavailable' });

      expect(await remediation.settle(intent(params, checkpoint), read)).toBe('applied');
      expect(written(cluster)).toHaveLength(writesPerAction);
    });

    it.each(Array.from({ length: writesPerAction }, (_, index) => index))(
      'says not-applied only after the deadline, when it ended after %i writes',
      async (writes) => {
        const { act, cluster, read, planned, intent, pass } = start();
        const { params, checkpoint } = await planned();
        cluster.nextWrite('unavailable', writes);
        await expect(remediation.apply(params, checkpoint, act())).rejects.toMatchObject({
          code: 'cluster-unavailable',
        });

        const within = await remediation.settle(intent(params, checkpoint), read);
        pass(DEADLINE_MS + 1);
        const after = await remediation.settle(intent(params, checkpoint), read);

        expect([within, after]).toEqual(['unknown', 'not-applied']);
      },
    );

    it('does not know when the world moved, or the object is gone', async () => {
      const { cluster, read, planned, intent, pass } = start();
      const { params, checkpoint } = await planned();
      pass(DEADLINE_MS + 1);

      given.moveWorld(cluster);
      const moved = await remediation.settle(intent(params, checkpoint), read);
      if (given.removeObject) given.removeObject(cluster);
      else cluster.remove(cause.subject);
      const gone = await remediation.settle(intent(params, checkpoint), read);

      expect([moved, gone]).toEqual(['unknown', 'unknown']);
    });

    it('tells whether the change took', async () => {
      const { cluster, act, read, planned } = start();
      const { params, checkpoint } = await planned();
      await remediation.apply(params, checkpoint, act());

      const pending = await remediation.effect(params, checkpoint, 'apply', read);
      given.carryOut(cluster);
      const inForce = await remediation.effect(params, checkpoint, 'apply', read);
      given.moveWorld(cluster);
      const reverted = await remediation.effect(params, checkpoint, 'apply', read);

      expect([pending, inForce, reverted]).toEqual([
        given.atOnce ? 'in-force' : 'pending',
        'in-force',
        given.isFinal ? 'in-force' : 'reverted',
      ]);
    });
  });

  if (typeof remediation.rollback !== 'function') return;

  describe(`remediation contract: ${remediation.id}, rolled back`, () => {
    it('puts back what it touched, once', async () => {
      const { cluster, act, read, planned, intent, rollback } = start();
      const before = await given.touched(cluster);
      const { params, checkpoint } = await planned();
      await remediation.apply(params, checkpoint, act());

      await rollback(checkpoint);
      await rollback(checkpoint);

      expect(await given.touched(cluster)).toEqual(before);
      expect(written(cluster)).toHaveLength(2);
      expect(await remediation.settle(intent(params, checkpoint, 'rollback'), read)).toBe('applied');
      given.carryOut(cluster);
      expect(await remediation.effect(params, checkpoint, 'rollback', read)).toBe('in-force');
    });

    it('leaves alone what somebody else changed meanwhile', async () => {
      const { cluster, act, planned, rollback } = start();
      const { params, checkpoint } = await planned();
      await remediation.apply(params, checkpoint, act());
      given.moveWorld(cluster);

      await expect(rollback(checkpoint)).rejects.toMatchObject({ code: 'world-moved' });
      expect(written(cluster)).toHaveLength(1);
    });

    it('settles a rollback that was never written', async () => {
      const { act, read, planned, intent, pass } = start();
      const { params, checkpoint } = await planned();
      await remediation.apply(params, checkpoint, act());

      const within = await remediation.settle(intent(params, checkpoint, 'rollback'), read);
      pass(DEADLINE_MS + 1);
      const after = await remediation.settle(intent(params, checkpoint, 'rollback'), read);

      expect([within, after]).toEqual(['unknown', 'not-applied']);
    });
  });
}

/** Everything that was stored, of either kind; a remediation writes one kind only. */
function written(cluster: FakeCluster) {
  return [...cluster.writes, ...cluster.objectWrites];
}

/** As it comes back from the store. */
function stored(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

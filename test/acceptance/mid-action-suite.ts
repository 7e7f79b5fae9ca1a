import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HaleError } from '../../src/domain/errors.ts';
import type { ClusterWorld } from '../contract/cluster-suite.ts';
import { testPolicy } from '../fakes/workflow.ts';
import { type MidActionStage, openStage, REPLICAS } from './mid-action-stage.ts';

const MINUTE_MS = 60_000;
const TEST_MS = 60_000;
const TIME_BOXED = testPolicy({
  ladder: [{ remediation: 'scale-workload', settings: { maxReplicas: 10, database: 'none' }, returnAfter: '10m' }],
});

/** What others do to a workload while Hale acts on it, over the wire: never a wrong write, and always an explanation. */
export function describeMidAction(title: string, startWorld: () => Promise<ClusterWorld>, isMissing = false): void {
  describe.skipIf(isMissing)(`in mid-action on ${title}`, { timeout: TEST_MS }, () => {
    let world: ClusterWorld;
    let stage: MidActionStage | null = null;

    beforeAll(async () => {
      world = await startWorld();
    }, 120_000);
    afterEach(async () => {
      await stage?.end();
      stage = null;
    });
    afterAll(async () => {
      await world?.stop();
    }, 60_000);

    async function open(...args: [Parameters<typeof openStage>[1]?, Parameters<typeof openStage>[2]?]) {
      stage = await openStage(world, ...args);
      await stage.rolledOut();
      return stage;
    }

    /** Until the change is made and its pods are ready: users are being measured. */
    async function verifying(options?: Parameters<typeof openStage>[1]) {
      const made = await open(options);
      await made.hale.alert();
      await made.hale.run(20_000);
      expect((await made.hale.incident()).phase).toBe('verifying');
      await made.rolledOut();
      return made;
    }

    async function healed() {
      const made = await verifying({ policy: TIME_BOXED });
      made.hale.world.usersS = 0.1;
      made.hale.world.causeThere = false;
      await made.hale.alert('resolved');
      await made.hale.run(3 * MINUTE_MS);
      expect((await made.hale.incident()).phase).toBe('resolved');
      return made;
    }

    describe('a workload that is deleted', () => {
      it('between intent and write: nothing is made, and a person reads that it is gone', async () => {
        const { hale, around, remove, replicas, told } = await open();
        around.before = () => remove();

        await hale.alert();
        await hale.run(2 * MINUTE_MS);

        expect(await replicas()).toBeNull();
        expect((await hale.incident()).phase).toBe('escalated');
        expect(await told()).toContain('Deployment shop/orders no longer exists');
      });

      it('and made anew under its name: the other object is left alone', async () => {
        const { hale, around, remove, create, replicas, sent, told } = await open();
        around.before = async () => {
          await remove();
          await create();
        };

        await hale.alert();
        await hale.run(2 * MINUTE_MS);

        expect(await replicas()).toBe(REPLICAS);
        expect(sent).toHaveLength(1);
        expect((await hale.incident()).phase).toBe('escalated');
        expect(await told()).toContain('another object has taken its name; nothing was written');
      });

      it('after a write whose answer was lost: said to be unknown, and not written again', async () => {
        const { hale, around, remove, replicas, sent, told } = await open();
        around.after = async () => {
          await remove();
          throw new HaleError('cluster-unavailable', 'the answer was lost', { details: { maybeApplied: true } });
        };

        await hale.alert();
        await hale.run(2 * MINUTE_MS);

        expect(await replicas()).toBeNull();
        expect(sent).toHaveLength(1);
        expect((await hale.incident()).phase).toBe('escalated');
        expect(await told()).toContain('whether the change took effect is not known, so nothing more is written');
      });

      it('while users are measured: nothing is undone, and it is not called a reversal', async () => {
        const { hale, remove, replicas, sent, told } = await verifying();
        await remove();

        await hale.run(2 * MINUTE_MS);

        expect(await replicas()).toBeNull();
        expect(sent).toHaveLength(1);
        expect((await hale.incident()).phase).toBe('escalated');
        expect(await told()).toContain('Deployment shop/orders was deleted while the change was verified');
        expect(await hale.store.loweredAutonomy()).toEqual([]);
      });
    });

    describe('a person runs kubectl scale', () => {
      it('between intent and write: refused, and planned anew from the number of the person', async () => {
        const { hale, around, kubectlScale, sent, told } = await open();
        around.before = () => kubectlScale(5);

        await hale.alert();
        await hale.run(20_000);

        expect(sent[0]).toMatch(/^orders 3 -> /);
        expect(sent.slice(1).every((write) => write.startsWith('orders 5 -> '))).toBe(true);
        const intents = await hale.store.intentsOf((await hale.incident()).id);
        expect(intents[0]?.outcome?.result).toBe('not-applied');
        expect(await told()).toMatch(/not-applied: scale Deployment shop\/orders from 3 to \d+ replicas \(/);
      });

      it('to as many as the policy allows: nothing is left to do, and it says why', async () => {
        const { hale, around, kubectlScale, replicas, sent, told } = await open();
        around.before = () => kubectlScale(10);

        await hale.alert();
        await hale.run(2 * MINUTE_MS);

        expect(await replicas()).toBe(10);
        expect(sent).toHaveLength(1);
        expect(await told()).toContain('it has 10 replicas already, the ceiling of the policy is 10');
      });

      it('while a plan waits for approval: the approval is void', async () => {
        const { hale, kubectlScale, replicas, sent, told } = await open({ mode: 'approve' });
        await hale.alert();
        await hale.run(30_000);
        const asked = (await hale.incident()).plans.at(-1)?.digest ?? '';
        await kubectlScale(4);
        const at = hale.now();
        const incidentId = (await hale.incident()).id;
        await hale.store.commit({
          approval: {
            id: 'approval-1',
            incidentId,
            planDigest: asked,
            answer: 'approved',
            by: 'alice',
            at,
            expiresAt: at + 5 * MINUTE_MS,
            usedAt: null,
          },
        });

        await hale.run(MINUTE_MS);

        expect(await replicas()).toBe(4);
        expect(sent).toEqual([]);
        expect((await hale.incident()).plans.at(-1)?.digest).not.toBe(asked);
        expect(await told()).toMatch(/the world moved: .*spec\.replicas/);
      });

      it.each([
        ['back', REPLICAS],
        ['further', 9],
        ['to zero', 0],
      ])('%s while users are measured: stays, and a person reads why Hale stops', async (_, to) => {
        const { hale, kubectlScale, replicas, sent, told } = await verifying();
        await kubectlScale(to);

        await hale.run(2 * MINUTE_MS);

        expect(await replicas()).toBe(to);
        expect(sent).toHaveLength(1);
        expect((await hale.incident()).phase).toBe('escalated');
        expect(await told()).toContain('another writer reverted the change; Hale stops');
      });

      it('between the intent to undo and its write: stays, and a person reads that it was not undone', async () => {
        const { hale, around, kubectlScale, replicas, sent, told } = await verifying();
        around.before = () => kubectlScale(8);
        hale.world.usersS = 3;

        await hale.run(3 * MINUTE_MS);

        expect(await replicas()).toBe(8);
        expect(sent).toHaveLength(2);
        expect((await hale.incident()).phase).toBe('escalated');
        expect(await told()).toMatch(/users got worse, and it could not be undone: .*orders/);
      });

      it('before the change is due for return: stays', async () => {
        const { hale, kubectlScale, replicas, sent, told } = await healed();
        await kubectlScale(8);

        await hale.run(15 * MINUTE_MS);

        expect(await replicas()).toBe(8);
        expect(sent).toHaveLength(1);
        expect(await told()).toContain('the change that was due for return is no longer as Hale left it');
      });

      it('between the intent to return and its write: stays', async () => {
        const { hale, around, kubectlScale, replicas, sent, told } = await healed();
        around.before = () => kubectlScale(8);

        await hale.run(15 * MINUTE_MS);

        expect(await replicas()).toBe(8);
        expect(sent).toHaveLength(2);
        expect(await told()).toContain('a due return could not be made');
      });
    });

    describe('the API server', () => {
      it.each([500, 503])('answers %i and has not stored it: written once, after the deadline', async (status) => {
        const { hale, proxy, replicas, told } = await open();
        proxy.meet('PATCH', '/orders/scale', { arrives: false, answer: { status } });

        await hale.alert();
        await hale.run(20_000);
        expect(await replicas()).toBe(REPLICAS);
        await hale.run(MINUTE_MS);

        const intents = await hale.store.intentsOf((await hale.incident()).id);
        expect(intents.map(({ outcome }) => outcome?.result)).toEqual(['not-applied', 'applied']);
        expect(await replicas()).toBeGreaterThan(REPLICAS);
        expect(await told()).toContain('looked after the deadline: the object is unchanged');
      });

      it.each([500, 504])('answers %i and has stored it: found, and not written again', async (status) => {
        const { hale, proxy, sent, told } = await open();
        proxy.meet('PATCH', '/orders/scale', { arrives: true, answer: { status } });

        await hale.alert();
        await hale.run(30_000);

        expect(sent).toHaveLength(1);
        expect((await hale.incident()).phase).toBe('verifying');
        expect(await told()).toContain('found in force when looking');
      });

      it('is slow, and has stored it: found, and not written again', async () => {
        const { hale, proxy, sent, told } = await open();
        proxy.meet('PATCH', '/orders/scale', { arrives: true, delayMs: 4_000 });

        await hale.alert();
        await hale.run(30_000);

        expect(sent).toHaveLength(1);
        expect((await hale.incident()).phase).toBe('verifying');
        expect(await told()).toContain('found in force when looking');
      });

      it('throttles with 429: written once, later', async () => {
        const { hale, proxy, replicas, told } = await open();
        proxy.meet('PATCH', '/orders/scale', {
          arrives: false,
          answer: { status: 429, headers: { 'retry-after': '1' } },
        });

        await hale.alert();
        await hale.run(2 * MINUTE_MS);

        const intents = await hale.store.intentsOf((await hale.incident()).id);
        expect(intents.filter(({ outcome }) => outcome?.result === 'applied')).toHaveLength(1);
        expect(await replicas()).toBeGreaterThan(REPLICAS);
        expect(proxy.met).toHaveLength(1);
        expect(await told()).toContain('not-applied: scale Deployment shop/orders from 3');
      });

      it('answers nothing but 500 while users are measured: nothing is undone for that', async () => {
        const { hale, proxy, sent } = await verifying();
        proxy.meet('GET', '/deployments/orders', { arrives: false, answer: { status: 500 } }, 20);
        hale.world.usersS = 0.1;
        hale.world.causeThere = false;

        await hale.run(3 * MINUTE_MS);

        expect(proxy.met.length).toBeGreaterThan(3);
        expect(sent).toHaveLength(1);
        expect((await hale.incident()).phase).toBe('resolved');
      });
    });

    it('the fault is over before anything was written: called off, and it says so', async () => {
      const { hale, replicas, sent, told } = await open({ mode: 'approve' });
      await hale.alert();
      await hale.run(30_000);
      hale.world.usersS = 0.1;
      hale.world.causeThere = false;

      await hale.run(3 * MINUTE_MS);

      expect(await replicas()).toBe(REPLICAS);
      expect(sent).toEqual([]);
      expect((await hale.incident()).phase).toBe('self-resolved');
      expect(await told()).toContain('the condition was gone, by the users indicator and the detectors');
    });

    describe('two faults at once', () => {
      it('on two workloads: each is changed once, by its own incident', async () => {
        const { hale, replicas, rolledOut, sent, told } = await open({}, ['orders', 'cart']);
        await rolledOut('cart');
        await hale.alert('firing', 'fp-1', 'orders');
        await hale.alert('firing', 'fp-2', 'cart');

        await hale.run(30_000);

        const incidents = await hale.incidents();
        expect(incidents.map(({ phase }) => phase)).toEqual(['verifying', 'verifying']);
        expect(new Set(sent.map((write) => write.split(' ')[0]))).toEqual(new Set(['cart', 'orders']));
        expect(sent).toHaveLength(2);
        expect(await replicas('cart')).toBeGreaterThan(REPLICAS);
        for (const name of ['orders', 'cart'])
          expect(await told()).toMatch(new RegExp(`applied: scale Deployment shop/${name} from 3`));
      });

      it('on one workload: the surer cause is acted upon, once, and the other is told beside it', async () => {
        const { hale, sent, told } = await open();
        hale.world.alsoFound = 'memory-leaking';
        await hale.alert('firing', 'fp-1');
        await hale.alert('firing', 'fp-2');

        await hale.run(30_000);

        expect(sent).toHaveLength(1);
        const [incident, ...others] = await hale.incidents();
        expect(others).toEqual([]);
        expect(incident?.causes.map(({ reason }) => reason)).toEqual(['connection-pool-waiting', 'memory-leaking']);
        expect(await told()).toContain('memory-leaking');
      });

      it('on one workload, and the change cures one of them: users stay unwell, it is undone, and both are told', async () => {
        const { hale, rolledOut, replicas, sent, told } = await open();
        hale.world.alsoFound = 'memory-leaking';
        await hale.alert();
        await hale.run(20_000);
        await rolledOut();

        await hale.run(7 * MINUTE_MS);

        expect(await replicas()).toBe(REPLICAS);
        expect(sent).toHaveLength(2);
        expect((await hale.incident()).phase).toBe('escalated');
        const page = hale.told.find(({ severity }) => severity === 'page');
        expect(page?.lines.join('\n')).toMatch(/cause: .*connection-pool-waiting[\s\S]*cause: .*memory-leaking/);
        expect(await told()).toContain('the reverse of: scale Deployment shop/orders from 3');
      });
    });
  });
}

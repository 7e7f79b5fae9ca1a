import { beforeEach, describe, expect, it, vi } from 'vitest';
import { evictPod } from '../../remediations/evict-pod/index.ts';
import { raiseAutoscalerLimit } from '../../remediations/raise-autoscaler-limit/index.ts';
import { raiseResources } from '../../remediations/raise-resources/index.ts';
import { restartWorkload } from '../../remediations/restart-workload/index.ts';
import { rollbackRelease } from '../../remediations/rollback-release/index.ts';
import { scaleWorkload } from '../../remediations/scale-workload/index.ts';
import type { KubernetesConnection } from '../../src/adapters/kubernetes/index.ts';
import type { Cause, PodObject } from '../../src/domain/finding.ts';
import type { IntentDirection } from '../../src/domain/intent.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { valueAt } from '../../src/object-changes/index.ts';
import type { Remediation } from '../../src/plugin/remediation.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import { fakeMetrics, fakeSeries } from '../fakes/metrics.ts';
import { fakeActContext, fakeReadContext } from '../fakes/read-context.ts';
import type { ClusterAdmin } from './cluster-suite.ts';

interface Given {
  readonly admin: () => ClusterAdmin;
  readonly started: () => Promise<KubernetesConnection>;
  readonly addDeployment: (replicas: number) => Promise<Subject>;
}

const NAMESPACE = 'contract';
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
const AUTOSCALERS = `/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers`;
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const WAIT = { timeout: 15_000, interval: 50 } as const;
const INTENT_MS = 30_000;
const LIMITS = { limits: { memory: '64Mi' }, requests: { memory: '64Mi' } };

/** A Deployment for one remediation, with what stands in for its trouble. */
interface Scene {
  readonly subject: Subject;
  readonly admin: ClusterAdmin;
  readonly connection: KubernetesConnection;
  /** UIDs of the pods that it began with; controllers make others. */
  readonly firstPods: readonly string[];
}

interface RemediationScene {
  readonly remediation: Remediation;
  readonly reason: Cause['reason'];
  readonly settings: object;
  /** Params where what the proposal reads (nodes) is not in every world. */
  readonly params?: (scene: Scene) => Promise<unknown>;
  readonly arrange?: (scene: Scene) => Promise<void>;
  /** A person edits what the plan is about. */
  readonly edit: (scene: Scene) => Promise<unknown>;
  /** What the plan changes, as the API has it. */
  readonly touched: (scene: Scene) => Promise<unknown>;
}

const container = (fields: object) => ({
  spec: { template: { spec: { containers: [{ name: 'main', image: 'shop/orders:1', ...fields }] } } },
});
const valueIn = async (admin: ClusterAdmin, path: string, pointer: string) => valueAt(await admin.get(path), pointer);
const templateOf = ({ admin, subject }: Scene) => valueIn(admin, `${DEPLOYMENTS}/${subject.name}`, '/spec/template');
const editImage = ({ admin, subject }: Scene) =>
  admin.patch(`${DEPLOYMENTS}/${subject.name}`, container({ image: 'shop/orders:hotfix' }), 'alice');
const livePods = async ({ connection, subject }: Pick<Scene, 'connection' | 'subject'>) => {
  const view = (await connection.reader.freshWorkload(subject)) as WorkloadView;
  return (await connection.reader.freshPods(view)).filter(({ terminating }) => !terminating);
};

async function makeReady(scene: Scene): Promise<void> {
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  await vi.waitFor(async () => {
    for (const { name } of await livePods(scene))
      await scene.admin.patch(`${PODS}/${name}/status`, { status }, 'kubelet');
    const [newest] = await scene.connection.reader.revisions(scene.subject);
    expect(newest?.readyReplicas).toBe(2);
  }, WAIT);
}

async function newRelease(scene: Scene): Promise<void> {
  await makeReady(scene);
  await scene.admin.patch(`${DEPLOYMENTS}/${scene.subject.name}`, container({ image: 'shop/orders:2' }), 'ci');
  await vi.waitFor(async () => expect(await scene.connection.reader.revisions(scene.subject)).toHaveLength(2), WAIT);
}

const firstPod = async (scene: Scene): Promise<PodObject> => {
  const pod = await vi.waitFor(async () => {
    const [found] = await livePods(scene);
    expect(found).toBeDefined();
    return found as { name: string; uid: string };
  }, WAIT);
  return { kind: 'Pod', namespace: NAMESPACE, name: pod.name, uid: pod.uid };
};

const SCENES: readonly RemediationScene[] = [
  {
    remediation: scaleWorkload,
    reason: 'connection-pool-waiting',
    settings: { maxReplicas: 5 },
    edit: ({ admin, subject }) => admin.patch(`${DEPLOYMENTS}/${subject.name}`, { spec: { replicas: 4 } }, 'alice'),
    touched: ({ admin, subject }) => valueIn(admin, `${DEPLOYMENTS}/${subject.name}`, '/spec/replicas'),
  },
  {
    remediation: rollbackRelease,
    reason: 'bad-release',
    settings: { minHealthyMinutes: 0 },
    arrange: newRelease,
    edit: editImage,
    touched: templateOf,
  },
  { remediation: restartWorkload, reason: 'memory-leaking', settings: {}, edit: restartByHand, touched: templateOf },
  {
    remediation: raiseResources,
    reason: 'out-of-memory',
    settings: {},
    arrange: async ({ admin, subject }) =>
      void (await admin.patch(`${DEPLOYMENTS}/${subject.name}`, container({ resources: LIMITS }), 'ci')),
    edit: ({ admin, subject }) =>
      admin.patch(`${DEPLOYMENTS}/${subject.name}`, container({ resources: { limits: { memory: '1Gi' } } }), 'alice'),
    touched: templateOf,
  },
  {
    remediation: raiseAutoscalerLimit,
    reason: 'autoscaler-at-limit',
    settings: { ceiling: 20 },
    async arrange({ admin, subject: { name } }) {
      await admin.create(AUTOSCALERS, {
        metadata: { name },
        spec: {
          minReplicas: 1,
          maxReplicas: 5,
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
          ],
        },
      });
      const status = { desiredReplicas: 5, currentReplicas: 5, conditions: [] };
      await admin.patch(`${AUTOSCALERS}/${name}/status`, { status }, 'kube-controller-manager');
    },
    edit: ({ admin, subject: { name } }) =>
      admin.patch(`${AUTOSCALERS}/${name}`, { spec: { maxReplicas: 9 } }, 'alice'),
    touched: ({ admin, subject: { name } }) => valueIn(admin, `${AUTOSCALERS}/${name}`, '/spec/maxReplicas'),
  },
  {
    remediation: evictPod,
    reason: 'node-trouble',
    settings: {},
    params: async (scene) => ({ pod: await firstPod(scene), node: 'node-1' }),
    edit: async (scene) => scene.admin.remove(`${PODS}/${(await firstPod(scene)).name}`),
    touched: async (scene) =>
      (await livePods(scene))
        .map(({ uid }) => uid)
        .filter((uid) => scene.firstPods.includes(uid))
        .sort(),
  },
];

function restartByHand({ admin, subject }: Scene) {
  const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-01-05T12:00:00Z' };
  return admin.patch(`${DEPLOYMENTS}/${subject.name}`, { spec: { template: { metadata: { annotations } } } }, 'alice');
}

/** Every remediation against an API server with its controllers: what the suite on the fake cannot show of patches and evictions. */
export function describeRemediations({ admin, started, addDeployment }: Given): void {
  describe.each(SCENES)(
    '$remediation.id',
    ({ remediation, reason, settings, params: given, arrange, edit, touched }) => {
      let scene: Scene;

      beforeEach(async () => {
        const subject = await addDeployment(2);
        const world = { subject, admin: admin(), connection: await started() };
        const pods = await vi.waitFor(async () => {
          const found = await livePods(world);
          expect(found).toHaveLength(2);
          return found;
        }, WAIT);
        scene = { ...world, firstPods: pods.map(({ uid }) => uid) };
        await arrange?.(scene);
      });

      /** By the clock of the world, whose Deployments have just been made. */
      async function contexts() {
        const [newest] = await scene.connection.reader.revisions(scene.subject);
        const now = (newest?.createdAt ?? 0) + 60_000;
        const options = { metrics: fakeMetrics(fakeSeries().store), cluster: scene.connection, now: () => now };
        const act = (intentId = 'intent-1') =>
          fakeActContext({ ...options, intentId, deadline: Number.MAX_SAFE_INTEGER });
        return { now, read: fakeReadContext(options), act };
      }

      async function planned() {
        const { read, act, now } = await contexts();
        const cause = { reason, subject: scene.subject, confidence: 0.9, explains: ['f'], summary: '', figures: {} };
        const proposal = given ? { params: await given(scene) } : await remediation.propose(cause, settings, read);
        if (!('params' in proposal)) throw new Error(`declined: ${proposal.declined}`);
        const { params } = proposal;
        await remediation.preview(cause, params, read);
        const checkpoint = await remediation.prepare(cause, params, read);
        const settle = (isLate: boolean, direction: IntentDirection = 'apply') =>
          remediation.settle(
            {
              id: direction === 'apply' ? 'intent-1' : 'intent-2',
              idempotencyKey: 'key',
              incidentId: 'incident-1',
              planId: 'plan-1',
              planDigest: '',
              remediation: remediation.id,
              direction,
              subject: scene.subject,
              params,
              checkpoint,
              committedAt: now,
              deadline: isLate ? now - 1 : now + INTENT_MS,
              outcome: null,
            },
            read,
          );
        return { params, checkpoint, act, settle };
      }

      it('writes nothing until it is applied, and once when it is applied twice', async () => {
        const before = await touched(scene);
        const { params, checkpoint, act, settle } = await planned();
        expect(await touched(scene)).toEqual(before);
        expect([await settle(false), await settle(true)]).toEqual(['unknown', 'not-applied']);

        await remediation.apply(params, checkpoint, act());
        const once = await touched(scene);
        await remediation.apply(params, checkpoint, act());

        expect(once).not.toEqual(before);
        expect(await touched(scene)).toEqual(once);
        expect(await settle(true)).toBe('applied');
      });

      it('writes nothing when a person was there first, and does not claim it', async () => {
        const { params, checkpoint, act, settle } = await planned();
        await edit(scene);
        const edited = await touched(scene);

        await expect(remediation.apply(params, checkpoint, act())).rejects.toMatchObject({ code: 'world-moved' });

        expect(await touched(scene)).toEqual(edited);
        expect(await settle(true)).toBe('unknown');
      });

      it('writes nothing when the workload is deleted in mid-action', async () => {
        const { params, checkpoint, act, settle } = await planned();
        await scene.admin.remove(`${DEPLOYMENTS}/${scene.subject.name}`);
        if (remediation === raiseAutoscalerLimit) await scene.admin.remove(`${AUTOSCALERS}/${scene.subject.name}`);

        await expect(remediation.apply(params, checkpoint, act())).rejects.toMatchObject({ code: 'world-moved' });

        expect(await settle(true)).toBe('unknown');
      });

      it.skipIf(typeof remediation.rollback !== 'function')(
        'puts back what was there, unless a person changed it since',
        async () => {
          const before = await touched(scene);
          const { params, checkpoint, act, settle } = await planned();
          const undo = async () => {
            if (typeof remediation.rollback === 'function') await remediation.rollback(checkpoint, act('intent-2'));
          };
          await remediation.apply(params, checkpoint, act());

          await undo();
          expect(await touched(scene)).toEqual(before);
          expect(await settle(true, 'rollback')).toBe('applied');

          await edit(scene);
          const edited = await touched(scene);
          await expect(remediation.apply(params, checkpoint, act('intent-3'))).rejects.toMatchObject({
            code: 'world-moved',
          });
          expect(await touched(scene)).toEqual(edited);
        },
      );
    },
  );
}

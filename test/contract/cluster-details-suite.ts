import { describe, expect, it, vi } from 'vitest';
import type { KubernetesConnection } from '../../src/adapters/kubernetes/index.ts';
import type { Subject } from '../../src/domain/subject.ts';
import type { PodView, WorkloadView } from '../../src/ports/cluster.ts';
import type { ClusterAdmin } from './cluster-suite.ts';

interface Given {
  readonly admin: () => ClusterAdmin;
  readonly connect: () => Promise<KubernetesConnection>;
  readonly started: () => Promise<KubernetesConnection>;
  readonly addDeployment: (replicas: number) => Promise<Subject>;
}

const NAMESPACE = 'contract';
const APPS = `/apis/apps/v1/namespaces/${NAMESPACE}`;
const CORE = `/api/v1/namespaces/${NAMESPACE}`;
const WAIT = { timeout: 15_000, interval: 50 } as const;
const FENCE = { intentId: 'intent-1', deadline: Number.MAX_SAFE_INTEGER } as const;
const IMAGE = '/spec/template/spec/containers/0/image';

/** What is read fresh, and the writes beyond replicas. Nothing plays the kubelet on a real server: states of containers are patched in. */
export function describeDetails({ admin, connect, started, addDeployment }: Given): void {
  async function podOf(subject: Subject, { reader }: KubernetesConnection): Promise<PodView> {
    return vi.waitFor(async () => {
      const view = reader.workload(subject) as WorkloadView;
      const [pod] = await reader.freshPods(view);
      expect(pod).toBeDefined();
      return pod as PodView;
    }, WAIT);
  }

  describe('details', () => {
    it('tells the revisions of a Deployment, newest first, with a template that is its own', async () => {
      const subject = await addDeployment(1);
      const { reader } = await started();
      await vi.waitFor(async () => expect(await reader.revisions(subject)).toHaveLength(1), WAIT);
      const template = { spec: { template: { metadata: { annotations: { why: 'test' } } } } };
      await admin().patch(`${APPS}/deployments/${subject.name}`, template, 'alice');

      const revisions = await vi.waitFor(async () => {
        const found = await reader.revisions(subject);
        expect(found).toHaveLength(2);
        return found;
      }, WAIT);

      expect(revisions.map(({ revision }) => revision)).toEqual([2, 1]);
      expect(revisions[1]).toMatchObject({ images: ['shop/orders:1'], changeCause: '' });
      expect(revisions[0]?.template).toMatchObject({
        metadata: { annotations: { why: 'test' }, labels: { app: subject.name } },
      });
      expect(JSON.stringify(revisions[1]?.template)).not.toContain('pod-template-hash');
    });

    it('tells who changed what, when', async () => {
      const subject = await addDeployment(1);
      const { reader } = await started();
      await admin().patch(`${APPS}/deployments/${subject.name}`, { spec: { replicas: 0 } }, 'alice');

      await vi.waitFor(() => {
        const view = reader.workload(subject) as WorkloadView;
        const change = view.changes.find(({ manager }) => manager === 'alice');
        expect(change?.fields).toEqual(['spec.replicas']);
        expect(change?.at).toBeGreaterThan(0);
        expect(view.strategy).toBe('RollingUpdate');
      }, WAIT);
    });

    it('tells why a container does not run, and keeps nothing of one that does', async () => {
      const subject = await addDeployment(1);
      const connection = await started();
      const pod = await podOf(subject, connection);
      const status = {
        phase: 'Running',
        conditions: [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes are available' },
        ],
        containerStatuses: [
          {
            name: 'main',
            image: 'shop/orders:1',
            imageID: '',
            ready: false,
            restartCount: 4,
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
            lastState: { terminated: { reason: 'OOMKilled', exitCode: 137, finishedAt: '2026-01-05T12:00:00Z' } },
          },
        ],
      };
      await vi.waitFor(async () => {
        // Where something plays the kubelet it writes as well, once the pod runs.
        await admin().patch(`${CORE}/pods/${pod.name}/status`, { status }, 'kubelet');
        const [seen] = connection.reader.podsOf(subject);
        expect(seen).toMatchObject({
          owner: { kind: 'ReplicaSet' },
          restarts: 4,
          terminating: false,
          reason: { reason: 'Unschedulable' },
          troubles: [
            {
              name: 'main',
              isInit: false,
              restarts: 4,
              waiting: { reason: 'CrashLoopBackOff' },
              terminated: null,
              lastTerminated: { reason: 'OOMKilled', exitCode: 137, at: Date.UTC(2026, 0, 5, 12) },
            },
          ],
        });
      }, WAIT);
    });

    it('reads events, autoscalers, endpoints, policies, quotas, claims and budgets; what is not there is empty', async () => {
      const subject = await addDeployment(1);
      const { name } = subject;
      const { reader } = await started();
      const about = { apiVersion: 'apps/v1', kind: 'Deployment', name, namespace: NAMESPACE, uid: subject.uid };
      await admin().create(`${CORE}/events`, {
        metadata: { name: `${name}-e` },
        involvedObject: about,
        reason: 'FailedScheduling',
        message: '0/3 nodes are available',
        type: 'Warning',
        count: 3,
        firstTimestamp: '2026-01-05T12:00:00Z',
        lastTimestamp: '2026-01-05T12:05:00Z',
        source: { component: 'default-scheduler' },
      });
      await admin().create(`/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers`, {
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
      await admin().create(`/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`, {
        metadata: { name: `${name}-s`, labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        endpoints: [
          { addresses: ['10.1.0.1'], conditions: { ready: true } },
          { addresses: ['10.1.0.2'], conditions: { ready: false } },
        ],
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      });
      await admin().create(`/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies`, {
        metadata: { name: `${name}-deny` },
        spec: { podSelector: { matchLabels: { app: name } }, policyTypes: ['Ingress'] },
      });
      await admin().create(`/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`, {
        metadata: { name },
        spec: { selector: { matchLabels: { app: name } }, minAvailable: 1 },
      });
      await admin().create('/apis/storage.k8s.io/v1/storageclasses', {
        metadata: { name },
        provisioner: 'disks.example/csi',
        allowVolumeExpansion: true,
      });
      await admin().create(`${CORE}/persistentvolumeclaims`, {
        metadata: { name },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 'fast' },
      });

      const events = await reader.eventsAbout({ namespace: NAMESPACE, name, uid: subject.uid });
      const policies = await reader.networkPolicies(NAMESPACE);
      const claims = await reader.volumeClaims(NAMESPACE);
      const classes = await reader.storageClasses();
      const budgets = await reader.disruptionBudgets(NAMESPACE);

      expect(events.find(({ reason }) => reason === 'FailedScheduling')).toMatchObject({
        count: 3,
        reportedBy: 'default-scheduler',
        lastAt: Date.UTC(2026, 0, 5, 12, 5),
      });
      expect(await reader.autoscalersOf(subject)).toMatchObject([
        { minReplicas: 1, maxReplicas: 5, metrics: ['Resource cpu'] },
      ]);
      expect(await reader.endpointsOf({ namespace: NAMESPACE, name })).toEqual({
        ready: 1,
        notReady: 1,
        ports: [8080],
      });
      expect(await reader.endpointsOf({ namespace: NAMESPACE, name: 'nobody' })).toBeNull();
      expect(policies.find((it) => it.name === `${name}-deny`)).toMatchObject({
        podSelector: { app: name },
        ingressRules: 0,
        egressRules: null,
      });
      expect(claims.find((it) => it.name === name)).toMatchObject({ storageClass: 'fast' });
      expect(classes.find((it) => it.name === name)).toEqual({ name, allowsExpansion: true });
      expect(budgets.find((it) => it.name === name)).toMatchObject({ selector: { app: name } });
      expect(await reader.quotas('elsewhere')).toEqual([]);
      expect(
        await reader.podLog({ namespace: NAMESPACE, name: 'nobody', container: 'main', previous: false }, 10),
      ).toBeNull();
    });
  });

  describe('writing other fields', () => {
    it('replaces, adds and removes fields whose old values still stand, under the manager hale', async () => {
      const subject = await addDeployment(1);
      const { reader, writer } = await started();
      const replace = { path: IMAGE, from: 'shop/orders:1', to: 'shop/orders:2' };
      const add = { path: '/spec/template/spec/nodeSelector', from: null, to: { disk: 'ssd' } };

      await writer.replaceFields({ subject, fields: [replace, add], dryRun: true }, FENCE);
      expect(JSON.stringify(await reader.object(subject))).toContain('shop/orders:1');
      await writer.replaceFields({ subject, fields: [replace, add] }, FENCE);
      const after = await reader.freshWorkload(subject);

      expect(after?.containers[0]).toMatchObject({ image: 'shop/orders:2' });
      expect(JSON.stringify(await reader.object(subject))).toContain('ssd');
      // Kubernetes keeps whole seconds: what was made and changed within one has no order.
      expect(after?.changes.find(({ manager }) => manager === 'hale')?.fields).toContain('spec.template.spec');
      await writer.replaceFields({ subject, fields: [{ path: add.path, from: { disk: 'ssd' }, to: null }] }, FENCE);
      expect(JSON.stringify(await reader.object(subject))).not.toContain('"ssd"');
    });

    it.each<
      [string, (subject: Subject) => { subject: Subject; fields: { path: string; from: unknown; to: unknown }[] }]
    >([
      ['another value', (subject) => ({ subject, fields: [{ path: IMAGE, from: 'shop/orders:0', to: 'x' }] })],
      ['a field that is there after all', (subject) => ({ subject, fields: [{ path: IMAGE, from: null, to: 'x' }] })],
      [
        'another life of the object',
        (subject) => ({
          subject: { ...subject, uid: 'u-0' },
          fields: [{ path: IMAGE, from: 'shop/orders:1', to: 'x' }],
        }),
      ],
      [
        'an object that is gone',
        (subject) => ({
          subject: { ...subject, name: 'nobody' },
          fields: [{ path: IMAGE, from: 'shop/orders:1', to: 'x' }],
        }),
      ],
    ])('writes nothing when it finds %s', async (_, changeOf) => {
      const subject = await addDeployment(1);
      const { reader, writer } = await started();

      const attempt = writer.replaceFields(changeOf(subject), FENCE);

      await expect(attempt).rejects.toMatchObject({ code: 'world-moved', details: { maybeApplied: false } });
      expect((await reader.freshWorkload(subject))?.containers[0]?.image).toBe('shop/orders:1');
    });

    it('never touches metadata that tells who owns an object, and never after the deadline', async () => {
      const subject = await addDeployment(1);
      const { writer } = await connect();
      const owner = { path: '/metadata/ownerReferences', from: null, to: [] };
      const image = { path: IMAGE, from: 'shop/orders:1', to: 'x' };

      await expect(writer.replaceFields({ subject, fields: [owner] }, FENCE)).rejects.toMatchObject({
        code: 'cluster-rejected',
      });
      await expect(
        writer.replaceFields({ subject, fields: [image] }, { intentId: 'i', deadline: 0 }),
      ).rejects.toMatchObject({ code: 'intent-expired' });
    });

    it('evicts one life of a pod, and no other', async () => {
      const subject = await addDeployment(2);
      const connection = await started();
      const { writer, reader } = connection;
      const pod = await podOf(subject, connection);
      const view = reader.workload(subject) as WorkloadView;

      await expect(writer.evictPod({ ...pod, uid: 'u-0' }, FENCE)).rejects.toMatchObject({ code: 'world-moved' });
      await writer.evictPod(pod, FENCE);
      await vi.waitFor(async () => {
        const left = (await reader.freshPods(view)).filter(({ terminating }) => !terminating);
        expect(left.map(({ uid }) => uid)).not.toContain(pod.uid);
        expect(left.length).toBeGreaterThan(0);
      }, WAIT);
      await expect(writer.evictPod({ ...pod, name: 'nobody' }, FENCE)).rejects.toMatchObject({ code: 'world-moved' });
    });

    it('does not evict what a disruption budget protects', async () => {
      const subject = await addDeployment(1);
      const connection = await started();
      const pod = await podOf(subject, connection);
      await admin().patch(
        `${CORE}/pods/${pod.name}/status`,
        { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
        'kubelet',
      );
      await admin().create(`/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`, {
        metadata: { name: `${subject.name}-b` },
        spec: { selector: { matchLabels: { app: subject.name } }, minAvailable: 1 },
      });

      await vi.waitFor(async () => {
        await expect(connection.writer.evictPod({ ...pod, dryRun: true }, FENCE)).rejects.toMatchObject({
          code: 'cluster-rejected',
          details: { status: 429, maybeApplied: false },
        });
      }, WAIT);
    });
  });
}

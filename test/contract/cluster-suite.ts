import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  connectKubernetes,
  type KubernetesConnection,
  type KubernetesOptions,
} from '../../src/adapters/kubernetes/index.ts';
import { type HaleError, isHaleError } from '../../src/domain/errors.ts';
import type { Permission } from '../../src/domain/permission.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { NO_RESOURCES, type WorkloadView } from '../../src/ports/cluster.ts';
import { describeDetails } from './cluster-details-suite.ts';
import { type CuttableProxy, startProxy } from './cluster-proxy.ts';
import { describeRemediations } from './cluster-remediations-suite.ts';

/** Somebody else in the cluster, with every right: sees and does what the adapter must notice. */
export interface ClusterAdmin {
  get(path: string): Promise<Record<string, unknown> | null>;
  create(path: string, body: unknown): Promise<Record<string, unknown>>;
  /** A merge patch under the given field manager. */
  patch(path: string, body: unknown, manager: string): Promise<Record<string, unknown>>;
  remove(path: string): Promise<void>;
}

/** What the suite needs of an API server with its controllers; nothing plays the kubelet, so pods need not get ready. */
export interface ClusterWorld {
  readonly server: {
    readonly scheme: 'http' | 'https';
    readonly host: string;
    readonly port: number;
    readonly ca?: string;
  };
  /** May read everything, scale, write events and ConfigMaps. */
  readonly token: string;
  /** May read everything but pods, and nothing else. The world may make it valid only from this call on. */
  restrictedToken(): Promise<string>;
  readonly admin: ClusterAdmin;
  /** Makes the server unable to resume watches from versions of before. */
  forgetHistory(): Promise<void>;
  stop(): Promise<void>;
}

const NAMESPACE = 'contract';
const APPS = `/apis/apps/v1/namespaces/${NAMESPACE}`;
const CORE = `/api/v1/namespaces/${NAMESPACE}`;
const WAIT = { timeout: 15_000, interval: 20 } as const;
const FENCE = { intentId: 'intent-1', deadline: Number.MAX_SAFE_INTEGER } as const;
const WANTED: readonly Permission[] = [
  { group: 'apps', resource: 'deployments', verb: 'get', because: 'to see it' },
  { group: 'apps', resource: 'deployments', subresource: 'scale', verb: 'patch', because: 'to scale it' },
  { group: '', resource: 'pods', verb: 'list', because: 'to count them' },
];

/** The contract of ClusterReader and ClusterWriter, over the wire, against whatever speaks the Kubernetes API. */
export function describeCluster(title: string, startWorld: () => Promise<ClusterWorld>, isMissing = false): void {
  describe.skipIf(isMissing)(`cluster contract: ${title}`, () => {
    let world: ClusterWorld;
    let folder: string;
    let proxy: CuttableProxy;
    const connections: KubernetesConnection[] = [];
    let names = 0;

    beforeAll(async () => {
      world = await startWorld();
      folder = await mkdtemp(join(tmpdir(), 'hale-contract-'));
      proxy = await startProxy(world.server);
      await world.admin.create('/api/v1/namespaces', {
        metadata: { name: NAMESPACE, labels: { team: 'shop' }, annotations: { 'hale.dev/enabled': 'true' } },
      });
    }, 120_000);
    afterEach(async () => {
      proxy.thaw();
      await Promise.all(connections.splice(0).map((it) => it.stop()));
    });
    afterAll(async () => {
      await proxy?.stop();
      await world?.stop();
      if (folder) await rm(folder, { recursive: true, force: true });
    }, 60_000);

    async function connect(
      options: Partial<KubernetesOptions> = {},
      token: string = world.token,
    ): Promise<KubernetesConnection> {
      const { scheme, host, ca } = world.server;
      const kubeconfig = join(folder, `kubeconfig-${names++}.json`);
      const server = `${scheme}://${host}:${proxy.port}`;
      const trust = ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') };
      const config = {
        clusters: [{ name: 'c', cluster: { server, ...trust } }],
        users: [{ name: 'u', user: { token } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      };
      await writeFile(kubeconfig, JSON.stringify(config));
      const connection = await connectKubernetes({
        kubeconfig,
        namespaces: [NAMESPACE],
        now: () => Date.now(),
        timeoutMs: 5_000,
        watch: { firstBackOffMs: 20, maxBackOffMs: 200 },
        ...options,
      });
      connections.push(connection);
      return connection;
    }

    async function started(options: Partial<KubernetesOptions> = {}): Promise<KubernetesConnection> {
      const connection = await connect(options);
      await connection.start();
      return connection;
    }

    async function addDeployment(replicas: number, extra: Record<string, unknown> = {}): Promise<Subject> {
      const name = `orders-${names++}`;
      const made = await world.admin.create(`${APPS}/deployments`, deployment(name, replicas, extra));
      const { uid } = made['metadata'] as { uid: string };
      return { apiVersion: 'apps/v1', kind: 'Deployment', namespace: NAMESPACE, name, uid };
    }

    async function replicasOf(subject: Subject): Promise<unknown> {
      const object = await world.admin.get(`${APPS}/deployments/${subject.name}`);
      return (object?.['spec'] as { replicas?: number } | undefined)?.replicas;
    }

    describe('reading from the cache', () => {
      it('is ready after start, with the fields of the views', async () => {
        const subject = await addDeployment(2, { annotations: { 'hale.dev/enabled': 'true' } });
        const { reader } = await started();

        const view = reader.workload(subject) as WorkloadView;

        expect(reader.cacheState()).toEqual({ state: 'ready' });
        expect(view).toMatchObject({
          subject,
          replicas: 2,
          paused: false,
          progressDeadlineExceeded: false,
          selector: { app: subject.name },
          controller: null,
        });
        expect(view.annotations['hale.dev/enabled']).toBe('true');
        expect(view.containers).toEqual([
          { name: 'main', image: 'shop/orders:1', resources: NO_RESOURCES, env: { POOL_MAX: '4' } },
        ]);
        expect(reader.workloads(NAMESPACE).map((it) => it.subject.uid)).toContain(subject.uid);
        expect(reader.workloads('elsewhere')).toEqual([]);
        expect(reader.namespace(NAMESPACE)?.labels['team']).toBe('shop');
        expect(reader.namespace('elsewhere')).toBeNull();
      });

      it('is starting before start', async () => {
        const { reader } = await connect();

        expect(reader.cacheState()).toEqual({ state: 'starting' });
        expect(reader.workloads()).toEqual([]);
      });

      it('climbs from a pod over its ReplicaSet to the Deployment, and down again', async () => {
        const subject = await addDeployment(2);
        const { reader } = await started();
        await expect.poll(() => reader.podsOf(subject).length, WAIT).toBe(2);

        const owners = reader.podsOf(subject).map((pod) => reader.workloadOfPod(NAMESPACE, pod.name)?.subject);

        expect(owners).toEqual([subject, subject]);
        expect(reader.workloadOfPod(NAMESPACE, 'no-such-pod')).toBeNull();
        expect(reader.workloadOfGonePod(NAMESPACE, 'no-such-pod')).toBeNull();
      });

      it('takes a pod that nothing owns for itself, and names the operator that owns another', async () => {
        const operator = {
          apiVersion: 'db.example.com/v1',
          kind: 'Cluster',
          name: 'main',
          uid: 'u-1',
          controller: true,
        };
        const alone = `alone-${names++}`;
        const owned = `owned-${names++}`;
        await world.admin.create(`${CORE}/pods`, pod(alone));
        await world.admin.create(`${CORE}/pods`, pod(owned, [operator]));
        const { reader } = await started();

        expect(reader.workloadOfPod(NAMESPACE, alone)).toMatchObject({
          subject: { apiVersion: 'v1', kind: 'Pod', name: alone },
          replicas: null,
          controller: null,
        });
        expect(reader.workloadOfPod(NAMESPACE, owned)).toMatchObject({
          subject: { kind: 'Pod', name: owned },
          controller: { apiVersion: 'db.example.com/v1', kind: 'Cluster', name: 'main' },
        });
        expect(reader.workload({ namespace: NAMESPACE, kind: 'Pod', name: alone })?.subject.name).toBe(alone);
      });

      it('follows what others change, and says who last set the replicas', async () => {
        const subject = await addDeployment(1);
        const { reader } = await started();

        await world.admin.patch(`${APPS}/deployments/${subject.name}`, { spec: { replicas: 3 } }, 'somebody');

        await expect.poll(() => reader.workload(subject)?.replicas, WAIT).toBe(3);
        expect(reader.workload(subject)?.replicasManager).toBe('somebody');
      });

      it('forgets what is deleted, and does not take the next of that name for the same', async () => {
        const subject = await addDeployment(0);
        const { reader } = await started();

        await world.admin.remove(`${APPS}/deployments/${subject.name}`);
        await expect.poll(() => reader.workload(subject), WAIT).toBeNull();
        await world.admin.create(`${APPS}/deployments`, deployment(subject.name, 0));

        await expect.poll(() => reader.workload(subject), WAIT).not.toBeNull();
        expect(reader.workload(subject)?.subject.uid).not.toBe(subject.uid);
        expect((await reader.freshWorkload(subject))?.subject.uid).not.toBe(subject.uid);
      });

      it('shows services with their address and selector', async () => {
        const name = `web-${names++}`;
        const spec = { selector: { app: 'web' }, ports: [{ port: 80 }], clusterIP: 'None' };
        await world.admin.create(`${CORE}/services`, { metadata: { name }, spec });
        const { reader } = await started();

        const service = reader.services(NAMESPACE).find((it) => it.name === name);

        expect(service).toEqual({
          namespace: NAMESPACE,
          name,
          clusterIp: null,
          selector: { app: 'web' },
          ports: [{ name: '', port: 80, targetPort: '80' }],
        });
      });

      it('resumes after its connections were cut, and misses nothing of meanwhile', async () => {
        const subject = await addDeployment(1);
        const changes: string[] = [];
        const { reader } = await started({ onWatch: ({ change }) => void changes.push(change) });

        proxy.freeze();
        proxy.cut();
        await world.admin.patch(`${APPS}/deployments/${subject.name}`, { metadata: { labels: { v: '2' } } }, 'x');
        await expect.poll(() => reader.cacheState().state, { ...WAIT }).toBe('behind');
        proxy.cut();
        proxy.thaw();

        await expect.poll(() => reader.cacheState().state, WAIT).toBe('ready');
        await expect.poll(() => reader.workload(subject)?.labels['v'], WAIT).toBe('2');
        expect(changes.filter((it) => it === 'listed')).toHaveLength(8);
      });

      it('notices a half-open connection by its silence', async () => {
        const subject = await addDeployment(1);
        const lost: string[] = [];
        const { reader } = await started({
          timeoutMs: 300,
          watch: { idleLimitMs: 300, firstBackOffMs: 20, maxBackOffMs: 100 },
          onWatch: ({ change, detail }) => void (change === 'lost' && lost.push(detail)),
        });

        proxy.freeze();
        await expect.poll(() => lost.some((it) => it.includes('silent')), WAIT).toBe(true);
        await world.admin.patch(`${APPS}/deployments/${subject.name}`, { metadata: { labels: { v: '3' } } }, 'x');
        proxy.thaw();

        await expect.poll(() => reader.workload(subject)?.labels['v'], WAIT).toBe('3');
      });

      it('lists again when the server has forgotten the version', async () => {
        const [kept, removed] = [await addDeployment(1), await addDeployment(0)];
        const changes: string[] = [];
        const { reader } = await started({ onWatch: ({ change }) => void changes.push(change) });

        proxy.freeze();
        proxy.cut();
        await world.admin.remove(`${APPS}/deployments/${removed.name}`);
        await world.admin.patch(`${APPS}/deployments/${kept.name}`, { metadata: { labels: { v: '4' } } }, 'x');
        await world.forgetHistory();
        proxy.cut();
        proxy.thaw();

        await expect.poll(() => reader.workload(kept)?.labels['v'], { ...WAIT, timeout: 60_000 }).toBe('4');
        await expect.poll(() => reader.workload(removed), WAIT).toBeNull();
        await expect.poll(() => reader.cacheState().state, WAIT).toBe('ready');
        expect(changes).toContain('expired');
      }, 120_000);
    });

    describe('reading at this moment', () => {
      it('tells the object, or that there is none', async () => {
        const subject = await addDeployment(2);
        const { reader } = await connect();

        expect(await reader.freshWorkload(subject)).toMatchObject({ subject, replicas: 2 });
        expect(await reader.freshWorkload({ ...subject, name: 'no-such' })).toBeNull();
        expect(await reader.freshWorkload({ ...subject, kind: 'Rollout' })).toBeNull();
        expect(await reader.version()).toMatch(/^Kubernetes v1\.\d+/);
      });

      it('tells the autoscaler that targets the workload, in a cluster without KEDA', async () => {
        const [scaled, other] = [await addDeployment(2), await addDeployment(2)];
        const name = `hpa-${names++}`;
        await world.admin.create(`/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers`, {
          metadata: { name },
          spec: {
            scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: scaled.name },
            minReplicas: 2,
            maxReplicas: 6,
          },
        });
        const { reader } = await started();
        const expected = { name, by: 'HorizontalPodAutoscaler', minReplicas: 2, maxReplicas: 6 };

        expect(await reader.freshAutoscaler(scaled)).toEqual(expected);
        expect(reader.autoscalerOf(scaled)).toEqual(expected);
        expect(await reader.freshAutoscaler(other)).toBeNull();
        expect(reader.autoscalerOf(other)).toBeNull();
      });
    });

    describe('writing', () => {
      it('scales, again and back, as field manager hale', async () => {
        const subject = await addDeployment(2);
        const { reader, writer } = await connect();

        await writer.scale({ subject, from: 2, to: 4 }, FENCE);
        await writer.scale({ subject, from: 4, to: 3 }, FENCE);

        expect(await replicasOf(subject)).toBe(3);
        expect(await reader.freshWorkload(subject)).toMatchObject({ replicas: 3, replicasManager: 'hale' });
      });

      it('asks without storing on a dry run', async () => {
        const subject = await addDeployment(2);
        const { writer } = await connect();

        await writer.scale({ subject, from: 2, to: 5, dryRun: true }, FENCE);

        expect(await replicasOf(subject)).toBe(2);
      });

      it('writes nothing when the world moved', async () => {
        const subject = await addDeployment(2);
        const { writer } = await connect();

        const stale = await failure(writer.scale({ subject, from: 1, to: 4 }, FENCE));
        const otherUid = await failure(
          writer.scale({ subject: { ...subject, uid: 'another' }, from: 2, to: 4 }, FENCE),
        );
        const gone = await failure(writer.scale({ subject: { ...subject, name: 'no-such' }, from: 2, to: 4 }, FENCE));

        expect(stale.code).toBe('world-moved');
        expect(stale.details['found']).toEqual({ uid: subject.uid, replicas: 2 });
        expect(otherUid.code).toBe('world-moved');
        expect(otherUid.message).toContain('another object');
        expect(gone.code).toBe('world-moved');
        expect([stale, otherUid, gone].map((it) => it.details['maybeApplied'])).toEqual([false, false, false]);
        expect(await replicasOf(subject)).toBe(2);
      });

      it('applies one of two writers that saw the same, never both', async () => {
        const subject = await addDeployment(2);
        const { writer } = await connect();

        const outcomes = await Promise.allSettled([
          writer.scale({ subject, from: 2, to: 3 }, FENCE),
          writer.scale({ subject, from: 2, to: 4 }, FENCE),
        ]);

        const refused = outcomes.filter((it) => it.status === 'rejected').map((it) => (it.reason as HaleError).code);
        expect(refused).toEqual(['world-moved']);
      });

      it('does not start a write after the deadline', async () => {
        const subject = await addDeployment(2);
        const { writer } = await connect({ now: () => 1_000 });

        const expired = await failure(
          writer.scale({ subject, from: 2, to: 4 }, { intentId: 'intent-1', deadline: 1_000 }),
        );

        expect(expired.code).toBe('intent-expired');
        expect(await replicasOf(subject)).toBe(2);
      });

      it('is certain that a write cancelled before its start was not applied', async () => {
        const subject = await addDeployment(2);
        const { writer } = await connect();
        const stopping = new AbortController();
        stopping.abort();

        const never = await failure(writer.scale({ subject, from: 2, to: 4 }, { ...FENCE, signal: stopping.signal }));

        expect(never).toMatchObject({ code: 'cluster-unavailable', details: { maybeApplied: false, aborted: true } });
        expect(await replicasOf(subject)).toBe(2);
      });

      it('records an event on the object', async () => {
        const subject = await addDeployment(1);
        const { writer } = await connect();

        await writer.recordEvent({
          subject,
          type: 'Warning',
          reason: 'HaleEscalated',
          action: 'Escalate',
          note: 'é'.repeat(900),
        });

        const events = await world.admin.get(`/apis/events.k8s.io/v1/namespaces/${NAMESPACE}/events`);
        const items = events?.['items'] as { reason: string; note: string; regarding: { uid: string } }[];
        const event = items.find((it) => it.regarding.uid === subject.uid && it.reason === 'HaleEscalated');
        expect(event?.note).toMatch(/^é+\.\.\.$/);
      });

      it('creates and replaces a ConfigMap of its own', async () => {
        const name = `hale-freeze-${names++}`;
        const { reader, writer } = await connect();

        expect(await reader.configMap(NAMESPACE, name)).toBeNull();
        await writer.putConfigMap(NAMESPACE, name, { frozen: 'true', by: 'a person' });
        expect(await reader.configMap(NAMESPACE, name)).toEqual({ frozen: 'true', by: 'a person' });
        await writer.putConfigMap(NAMESPACE, name, { frozen: 'false' });
        expect(await reader.configMap(NAMESPACE, name)).toEqual({ frozen: 'false' });
      });
    });

    describeDetails({ admin: () => world.admin, connect, started, addDeployment });
    describeRemediations({ admin: () => world.admin, started, addDeployment });

    // Last, for a world may have to narrow its one identity to make it.
    describe('without permissions', () => {
      it('names what is missing, in reviews, in the state of the cache and in refusals', async () => {
        const subject = await addDeployment(2);
        const full = await connect();
        expect(await full.reader.missingPermissions(WANTED, NAMESPACE)).toEqual([]);
        const restricted = await connect({ startTimeoutMs: 1_000 }, await world.restrictedToken());
        const { reader, writer } = restricted;

        await restricted.start();
        const state = reader.cacheState();
        const missing = await reader.missingPermissions(WANTED, NAMESPACE);
        const refused = await failure(writer.scale({ subject, from: 2, to: 4 }, FENCE));

        expect(state.state).toBe('behind');
        expect(state.state === 'behind' && state.detail).toContain(
          `missing permission: list pods (in namespace ${NAMESPACE})`,
        );
        expect(missing).toEqual([WANTED[1], WANTED[2]]);
        expect(refused).toMatchObject({ code: 'cluster-forbidden', details: { maybeApplied: false } });
        expect(refused.message).toContain('missing permission: patch deployments/scale.apps');
        expect(reader.workload(subject)?.replicas).toBe(2);
        expect(await replicasOf(subject)).toBe(2);
      });
    });
  });
}

async function failure(attempt: Promise<unknown>): Promise<HaleError> {
  const thrown: unknown = await attempt.then(
    () => new Error('this should have failed'),
    (error: unknown) => error,
  );
  if (!isHaleError(thrown)) throw thrown;
  return thrown;
}

function deployment(name: string, replicas: number, { annotations }: { annotations?: unknown } = {}): unknown {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            {
              name: 'main',
              image: 'shop/orders:1',
              env: [
                { name: 'POOL_MAX', value: '4' },
                { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 's', key: 'password' } } },
              ],
            },
          ],
        },
      },
    },
  };
}

function pod(name: string, ownerReferences: readonly unknown[] = []): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ownerReferences },
    spec: { containers: [{ name: 'main', image: 'db:1' }] },
  };
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { connectKubernetes, type KubernetesConnection } from '../../src/adapters/kubernetes/index.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { createManualClock } from '../../src/simulation/clock.ts';
import type { ClusterWorld } from '../contract/cluster-suite.ts';
import { type InterferingProxy, startInterferingProxy } from '../contract/http-proxy.ts';
import { startWorkflow, type WorkflowHarness, type WorkflowOptions } from '../fakes/workflow.ts';

const NAMESPACE = 'shop';
const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const WAIT = { timeout: 20_000, interval: 50 } as const;
export const REPLICAS = 3;

/** The workflow on an API server with its controllers, and what others do to the same objects. */
export interface MidActionStage {
  readonly hale: WorkflowHarness;
  readonly proxy: InterferingProxy;
  /** What happens right before the next write of replicas leaves, and right after it was answered; what `after` throws is what Hale sees. */
  readonly around: { before: (() => Promise<unknown>) | null; after: (() => Promise<unknown>) | null };
  /** Writes of replicas that Hale sent off, dry runs left out. */
  readonly sent: readonly string[];
  /** spec.replicas as the API has it; null = there is no such Deployment. */
  readonly replicas: (name?: string) => Promise<number | null>;
  /** As `kubectl scale` does it. */
  readonly kubectlScale: (to: number, name?: string) => Promise<void>;
  readonly remove: (name?: string) => Promise<void>;
  /** Makes the Deployment anew, under the same name. */
  readonly create: (name?: string) => Promise<void>;
  /** Until as many pods as are wanted are ready, in the API and in what Hale has seen. */
  readonly rolledOut: (name?: string) => Promise<void>;
  /** All that a person reads of it: outcomes, pages and audit. */
  readonly told: () => Promise<string>;
  readonly end: () => Promise<void>;
}

export async function openStage(
  world: ClusterWorld,
  options: Omit<WorkflowOptions, 'on'> = {},
  names: readonly string[] = ['orders'],
): Promise<MidActionStage> {
  const { admin } = world;
  const subjects = new Map<string, Subject>();
  const create = async (name = 'orders'): Promise<void> => {
    const made = await admin.create(DEPLOYMENTS, deployment(name));
    const { uid } = made['metadata'] as { uid: string };
    subjects.set(name, { apiVersion: 'apps/v1', kind: 'Deployment', namespace: NAMESPACE, name, uid });
  };
  if ((await admin.get(`/api/v1/namespaces/${NAMESPACE}`)) === null)
    await admin.create('/api/v1/namespaces', {
      metadata: { name: NAMESPACE, annotations: { 'hale.dev/enabled': 'true' } },
    });
  for (const name of names) await create(name);

  const proxy = await startInterferingProxy(world.server);
  const folder = await mkdtemp(join(tmpdir(), 'hale-mid-action-'));
  const clock = createManualClock({ startMs: Date.now() });
  const connection = await connect(join(folder, 'kubeconfig.json'), proxy.port, world.token, () => clock.now());
  const kubelet = playKubelet(world);
  const around: MidActionStage['around'] = { before: null, after: null };
  const sent: string[] = [];
  const once = async (when: 'before' | 'after'): Promise<void> => {
    const run = around[when];
    around[when] = null;
    await run?.();
  };
  const hale = await startWorkflow({
    ...options,
    on: {
      clock,
      reader: connection.reader,
      writer: {
        ...connection.writer,
        async scale(change, fence) {
          if (change.dryRun === true) return connection.writer.scale(change, fence);
          await once('before');
          sent.push(`${change.subject.name} ${change.from} -> ${change.to}`);
          await connection.writer.scale(change, fence);
          return once('after');
        },
      },
      subjectOf(name) {
        const subject = subjects.get(name);
        if (subject === undefined) throw new Error(`no Deployment ${name} was made`);
        return subject;
      },
    },
  });
  const find = (name: string) => admin.get(`${DEPLOYMENTS}/${name}`);

  return {
    hale,
    proxy,
    around,
    sent,
    create,
    async replicas(name = 'orders') {
      const spec = (await find(name))?.['spec'] as { replicas: number } | undefined;
      return spec?.replicas ?? null;
    },
    async kubectlScale(to, name = 'orders') {
      await admin.patch(`${DEPLOYMENTS}/${name}/scale`, { spec: { replicas: to } }, 'kubectl');
    },
    remove: (name = 'orders') => admin.remove(`${DEPLOYMENTS}/${name}`),
    async rolledOut(name = 'orders') {
      await vi.waitFor(async () => {
        const { replicas: wanted } = ((await find(name)) ?? {})['spec'] as { replicas: number };
        const view = connection.reader.workload({ namespace: NAMESPACE, kind: 'Deployment', name });
        expect(view).toMatchObject({ replicas: wanted, readyReplicas: wanted, updatedReplicas: wanted });
        expect(connection.reader.podsOf(view?.subject as Subject).filter(({ ready }) => ready)).toHaveLength(wanted);
      }, WAIT);
    },
    async told() {
      const incidents = await hale.incidents();
      const audits = await Promise.all(incidents.map(({ id }) => hale.store.audit({ incidentId: id, limit: 500 })));
      return [
        ...incidents.map(({ phase, outcome }) => `${phase}: ${outcome ?? ''}`),
        ...hale.told.flatMap(({ title, lines }) => [title, ...lines]),
        ...audits.flat().map(({ text }) => text),
      ].join('\n');
    },
    async end() {
      await hale.close();
      await connection.stop();
      await kubelet.stop();
      await proxy.stop();
      for (const name of subjects.keys()) if ((await find(name)) !== null) await admin.remove(`${DEPLOYMENTS}/${name}`);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function connect(
  kubeconfig: string,
  port: number,
  token: string,
  now: () => number,
): Promise<KubernetesConnection> {
  const config = {
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const connection = await connectKubernetes({
    kubeconfig,
    namespaces: [NAMESPACE],
    now,
    timeoutMs: 1_500,
    watch: { firstBackOffMs: 20, maxBackOffMs: 200 },
  });
  await connection.start();
  return connection;
}

/** Nothing runs pods there: whatever is created is made ready. */
function playKubelet({ admin }: ClusterWorld): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const { items = [] } = ((await admin.get(PODS)) ?? {}) as { items?: readonly Pod[] };
      for (const { metadata, status: is } of items)
        if (is?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') !== true)
          await admin.patch(`${PODS}/${metadata.name}/status`, { status }, 'kubelet').catch(() => undefined);
      await sleep(50);
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function deployment(name: string): unknown {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, annotations: { 'hale.dev/enabled': 'true' } },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'shop/orders:1' }] },
      },
    },
  };
}

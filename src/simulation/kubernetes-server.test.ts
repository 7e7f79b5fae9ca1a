import {
  ApiException,
  AppsV1Api,
  AuthorizationV1Api,
  CoordinationV1Api,
  CoreV1Api,
  EventsV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  V1MicroTime,
} from '@kubernetes/client-node';
import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from './clock.ts';
import type { KubernetesOptions } from './kubernetes-server.ts';
import { createKubernetesServer } from './kubernetes-server.ts';
import { createRandom } from './random.ts';

const START_MS = 1_700_000_000_000;
const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startCluster(options: Partial<KubernetesOptions> = {}) {
  const clock = createManualClock({ startMs: START_MS });
  const cluster = createKubernetesServer({ clock, random: createRandom(1), token: 'secret', ...options });
  await cluster.start();
  stops.push(() => cluster.stop());
  cluster.addDeployment({ namespace: 'shop', name: 'orders', replicas: 2 });
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig());
  return {
    clock,
    cluster,
    config,
    apps: config.makeApiClient(AppsV1Api),
    core: config.makeApiClient(CoreV1Api),
    orders: () => cluster.find('apps/v1', 'deployments', 'shop', 'orders'),
    raw: (path: string, init: RequestInit = {}) =>
      fetch(cluster.url() + path, {
        ...init,
        headers: { authorization: 'Bearer secret', ...(init.headers as Record<string, string>) },
      }),
  };
}

async function failure(attempt: Promise<unknown>): Promise<{ code: number; reason: string; message: string }> {
  const error: unknown = await attempt.then(
    () => new Error('this should have failed'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiException)) throw error;
  const body = JSON.parse(String(error.body)) as { reason: string; message: string };
  return { code: error.code, reason: body.reason, message: body.message };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const SCALE = '/apis/apps/v1/namespaces/shop/deployments/orders/scale';
const jsonPatch = { 'content-type': 'application/json-patch+json' };

describe('reading', () => {
  it('lists and gets with the official client, owner chain included', async () => {
    const { apps, core } = await startCluster();

    const deployment = await apps.readNamespacedDeployment({ name: 'orders', namespace: 'shop' });
    const pods = await core.listNamespacedPod({ namespace: 'shop', labelSelector: 'app in (orders, web)' });
    const sets = await apps.listNamespacedReplicaSet({ namespace: 'shop' });

    expect(deployment.status).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      readyReplicas: 2,
      updatedReplicas: 2,
      availableReplicas: 2,
    });
    expect(pods.items.map((pod) => pod.metadata?.ownerReferences?.[0]?.uid)).toEqual([
      sets.items[0]?.metadata?.uid,
      sets.items[0]?.metadata?.uid,
    ]);
    expect(sets.items[0]?.metadata?.ownerReferences?.[0]?.uid).toBe(deployment.metadata?.uid);
    expect(pods.items[0]?.status).toMatchObject({
      phase: 'Running',
      podIP: expect.stringMatching(/^10\.244\./) as string,
    });
  });

  it('pages through a list at one version', async () => {
    const { cluster, core } = await startCluster();
    for (let at = 0; at < 7; at++) cluster.addDeployment({ namespace: 'many', name: `w${at}`, replicas: 3 });
    const names: (string | undefined)[] = [];
    let token: string | undefined;
    let pages = 0;

    do {
      const page = await core.listPodForAllNamespaces({
        limit: 5,
        ...(token === undefined ? {} : { _continue: token }),
      });
      names.push(...page.items.map((pod) => pod.metadata?.name));
      token = page.metadata?._continue;
      pages++;
    } while (token !== undefined);

    expect(new Set(names).size).toBe(23);
    expect(pages).toBe(5);
  });

  it('says 410 for a page that began before a compaction', async () => {
    const { cluster, core } = await startCluster();
    const first = await core.listNamespacedPod({ namespace: 'shop', limit: 1 });

    cluster.compact();

    const next = core.listNamespacedPod({ namespace: 'shop', limit: 1, _continue: first.metadata?._continue ?? '' });
    expect(await failure(next)).toMatchObject({ code: 410, reason: 'Expired' });
  });

  it('serves discovery, version, readiness; custom resources only by option', async () => {
    const { raw } = await startCluster();
    const { raw: withKeda } = await startCluster({ extensions: ['keda'] });
    const path = '/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects';

    expect(await (await raw('/version')).json()).toMatchObject({ gitVersion: 'v1.35.4' });
    expect(await (await raw('/readyz')).text()).toBe('ok');
    expect(await (await raw('/apis/apps/v1')).json()).toMatchObject({
      kind: 'APIResourceList',
      groupVersion: 'apps/v1',
    });
    expect(await (await raw('/apis')).json()).toMatchObject({ kind: 'APIGroupList' });
    expect((await raw(path)).status).toBe(404);
    expect((await withKeda(path)).status).toBe(200);
  });

  it('refuses strangers, denied verbs and bad selectors as the real one', async () => {
    const { cluster, core, raw } = await startCluster();

    expect((await fetch(`${cluster.url()}/api/v1/pods`)).status).toBe(401);
    expect(await failure(core.readNamespacedPod({ namespace: 'shop', name: 'none' }))).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'pods "none" not found',
    });
    expect((await raw('/api/v1/pods?fieldSelector=spec.color%3Dred')).status).toBe(400);

    cluster.behaviour.deny = ['list pods'];

    expect(await failure(core.listNamespacedPod({ namespace: 'shop' }))).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message:
        'pods is forbidden: User "system:serviceaccount:hale:hale" cannot list resource "pods" in API group "" in the namespace "shop"',
    });
  });
});

describe('watching', () => {
  it('feeds an informer, through a cut and through 410', async () => {
    const { cluster, clock, config, core } = await startCluster({ podStartMs: 100, podStopMs: 100 });
    const seen = new Set<string>();
    const informer = makeInformer(config, '/api/v1/namespaces/shop/pods', () =>
      core.listNamespacedPod({ namespace: 'shop' }),
    );
    informer.on('add', (pod) => seen.add(pod.metadata?.name ?? ''));
    informer.on('delete', (pod) => seen.delete(pod.metadata?.name ?? ''));
    informer.on('error', () => setTimeout(() => void informer.start(), 10));
    await informer.start();
    stops.push(() => informer.stop());
    await until(() => seen.size === 2 && cluster.openWatches() === 1);
    const [victim = ''] = seen;

    await core.deleteNamespacedPod({ name: victim, namespace: 'shop' });
    clock.advance(1_000);
    await until(() => seen.size === 2 && !seen.has(victim));
    cluster.compact();
    cluster.dropWatches('gone');
    cluster.addDeployment({ namespace: 'shop', name: 'web', replicas: 1 });
    await until(() => seen.size === 3);

    expect([...seen].filter((name) => name.startsWith('web-'))).toHaveLength(1);
  });

  it('sends bookmarks when asked, ends at its time-out, and answers 410 as an ERROR event', async () => {
    const wall = createManualClock({ startMs: 0 });
    const { cluster, raw } = await startCluster({ wall, bookmarkMs: 1_000 });
    const response = await raw('/api/v1/pods?watch=1&resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=2');

    wall.advance(2_000);
    const events = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });

    expect(events.map((event) => event.type)).toEqual(['ADDED', 'ADDED', 'BOOKMARK', 'BOOKMARK']);

    cluster.compact();

    const gone = await (await raw('/api/v1/pods?watch=1&resourceVersion=1')).text();
    expect(JSON.parse(gone)).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  });

  it('turns a change of labels into ADDED and DELETED for a watch with a selector', async () => {
    const { core, raw, cluster } = await startCluster();
    const pod = cluster.list('v1', 'pods', 'shop')[0]?.metadata.name ?? '';
    const response = await raw(
      `/api/v1/pods?watch=1&labelSelector=hot%3Dyes&resourceVersion=${cluster.list('v1', 'pods')[1]?.metadata.resourceVersion}`,
    );
    const label = (value: string | null) =>
      core.patchNamespacedPod(
        { name: pod, namespace: 'shop', body: { metadata: { labels: { hot: value } } } },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
      );
    await until(() => cluster.openWatches() === 1);

    await label('yes');
    await label(null);
    await until(() => cluster.writes().length === 2);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (text.split('\n').length < 3) text += Buffer.from((await reader.read()).value ?? []).toString();
    await reader.cancel();

    expect(
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { type: string }).type),
    ).toEqual(['ADDED', 'DELETED']);
  });
});

describe('writing', () => {
  it('scales through the subresource, guarded by uid and old value, and drops metadata sent there', async () => {
    const { cluster, clock, raw, orders } = await startCluster();
    const uid = orders()?.metadata.uid;
    const body = JSON.stringify([
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path: '/spec/replicas', value: 2 },
      { op: 'replace', path: '/spec/replicas', value: 4 },
      { op: 'add', path: '/metadata/annotations', value: { 'hale.dev/intent': 'x' } },
    ]);
    const scale = (): Promise<Response> =>
      raw(`${SCALE}?fieldManager=hale`, { method: 'PATCH', headers: jsonPatch, body });

    const first = await scale();
    const second = await scale();
    clock.advance(10_000);

    expect(first.status).toBe(200);
    expect(await first.json()).toMatchObject({ kind: 'Scale', spec: { replicas: 4 }, metadata: { uid } });
    expect(second.status).toBe(422);
    expect(await second.json()).toMatchObject({
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
    });
    expect(orders()?.metadata.annotations).not.toHaveProperty('hale.dev/intent');
    expect(orders()?.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: 'hale', subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }),
    );
    expect(orders()?.status).toMatchObject({ replicas: 4, readyReplicas: 4, observedGeneration: 2 });
    expect(cluster.readyPods('shop', 'orders')).toHaveLength(4);
    expect(cluster.writes()).toHaveLength(1);
  });

  it('makes pods ready only after their start delay', async () => {
    const { cluster, clock, raw } = await startCluster({ podStartMs: 5_000 });
    await raw(SCALE, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: '{"spec":{"replicas":3}}',
    });

    clock.advance(4_000);
    const early = cluster.readyPods('shop', 'orders').length;
    clock.advance(2_000);

    expect([early, cluster.readyPods('shop', 'orders').length]).toEqual([2, 3]);
  });

  it('rolls a new template out and back, keeping revisions', async () => {
    const { apps, cluster, clock, orders } = await startCluster({ podStartMs: 1_000 });
    const patch = (image: string) =>
      apps.patchNamespacedDeployment(
        {
          name: 'orders',
          namespace: 'shop',
          body: { spec: { template: { spec: { containers: [{ name: 'orders', image }] } } } },
        },
        setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
      );
    const least: number[] = [];
    const roll = (): void => {
      for (let step = 0; step < 100; step++) {
        clock.advance(100);
        least.push(cluster.readyPods('shop', 'orders').length);
      }
    };

    await patch('orders:2');
    roll();
    await patch('orders:1');
    roll();

    const sets = cluster.list('apps/v1', 'replicasets', 'shop');
    expect(Math.min(...least)).toBeGreaterThanOrEqual(2);
    expect(
      sets
        .map((set) => [set.spec?.['replicas'], set.metadata.annotations?.['deployment.kubernetes.io/revision']])
        .sort(([a], [b]) => Number(a) - Number(b)),
    ).toEqual([
      [0, '2'],
      [2, '3'],
    ]);
    expect(orders()?.status).toMatchObject({ replicas: 2, updatedReplicas: 2, readyReplicas: 2 });
    expect(orders()?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
    expect(orders()?.spec?.['template']).toMatchObject({
      spec: { containers: [{ image: 'orders:1', resources: { requests: { cpu: '100m' } } }] },
    });
  });

  it('replaces a deleted pod and clears everything below a deleted Deployment', async () => {
    const { apps, core, cluster, clock } = await startCluster();
    const [pod] = cluster.list('v1', 'pods', 'shop');

    await core.deleteNamespacedPod({ name: pod?.metadata.name ?? '', namespace: 'shop' });
    clock.advance(10_000);
    const replaced = cluster.readyPods('shop', 'orders').length;
    await apps.deleteNamespacedDeployment({ name: 'orders', namespace: 'shop' });
    clock.advance(10_000);

    expect(replaced).toBe(2);
    expect([cluster.list('v1', 'pods', 'shop'), cluster.list('apps/v1', 'replicasets', 'shop')]).toEqual([[], []]);
  });

  it.each([
    ['a stale resourceVersion', { metadata: { resourceVersion: '1' } }, 409, 'Conflict'],
    ['another uid', { metadata: { uid: 'other' } }, 409, 'Conflict'],
    ['negative replicas', { spec: { replicas: -1 } }, 422, 'Invalid'],
    [
      'another selector',
      { spec: { selector: { matchLabels: { app: 'x' } }, template: { metadata: { labels: { app: 'x' } } } } },
      422,
      'Invalid',
    ],
  ])('refuses %s', async (_, body, code, reason) => {
    const { apps, orders } = await startCluster();
    const before = orders();

    const attempt = apps.patchNamespacedDeployment(
      { name: 'orders', namespace: 'shop', body },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );

    expect(await failure(attempt)).toMatchObject({ code, reason });
    expect(orders()).toBe(before);
  });

  it('refuses an object where a JSON patch is announced, and patches of unknown form', async () => {
    const { raw } = await startCluster();

    expect((await raw(SCALE, { method: 'PATCH', headers: jsonPatch, body: '{"spec":{"replicas":3}}' })).status).toBe(
      400,
    );
    expect((await raw(SCALE, { method: 'PATCH', headers: { 'content-type': 'text/plain' }, body: '{}' })).status).toBe(
      415,
    );
  });

  it('changes nothing in a dry run', async () => {
    const { cluster, raw, orders } = await startCluster();
    const before = orders();

    const answer = await raw(`${SCALE}?dryRun=All`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: '{"spec":{"replicas":9}}',
    });

    expect(await answer.json()).toMatchObject({ spec: { replicas: 9 } });
    expect(orders()).toBe(before);
    expect(cluster.writes()).toEqual([]);
  });

  it('answers access reviews by what is denied', async () => {
    const { cluster, config } = await startCluster();
    const api = config.makeApiClient(AuthorizationV1Api);
    cluster.behaviour.deny = ['patch deployments/scale'];
    const review = async (verb: string): Promise<boolean | undefined> => {
      const resourceAttributes = {
        verb,
        group: 'apps',
        resource: 'deployments',
        subresource: 'scale',
        namespace: 'shop',
      };
      return (await api.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } })).status?.allowed;
    };

    expect([await review('get'), await review('patch')]).toEqual([true, false]);
  });

  it('takes events in the new form, strictly, and shows them in the core form', async () => {
    const { config, core } = await startCluster();
    const events = config.makeApiClient(EventsV1Api);
    const regarding = { kind: 'Deployment', namespace: 'shop', name: 'orders', apiVersion: 'apps/v1' };
    const event = {
      metadata: { name: 'orders.1', namespace: 'shop' },
      eventTime: new V1MicroTime(),
      reportingController: 'hale.dev/hale',
      reportingInstance: 'hale-0',
      action: 'Scale',
      reason: 'Scaled',
      type: 'Normal',
      note: 'from 2 to 4',
      regarding,
    };

    await events.createNamespacedEvent({ namespace: 'shop', body: event });
    const listed = await core.listNamespacedEvent({ namespace: 'shop', fieldSelector: 'involvedObject.name=orders' });
    const refused = events.createNamespacedEvent({
      namespace: 'shop',
      body: { ...event, metadata: { name: 'orders.2', namespace: 'shop' }, reason: '' },
    });

    expect(listed.items).toMatchObject([
      { message: 'from 2 to 4', involvedObject: { name: 'orders' }, reason: 'Scaled' },
    ]);
    expect(await failure(refused)).toMatchObject({ code: 422, reason: 'Invalid' });
  });

  it('lets one holder of a lease win', async () => {
    const { config } = await startCluster();
    const leases = config.makeApiClient(CoordinationV1Api);
    const { metadata } = await leases.createNamespacedLease({
      namespace: 'shop',
      body: { metadata: { name: 'hale' }, spec: { holderIdentity: 'a' } },
    });
    const take = (holderIdentity: string) =>
      leases.replaceNamespacedLease({
        name: 'hale',
        namespace: 'shop',
        body: { ...(metadata === undefined ? {} : { metadata }), spec: { holderIdentity } },
      });

    await take('b');

    expect(await failure(take('c'))).toMatchObject({ code: 409, reason: 'Conflict' });
  });

  it('is busy, or faster than the client, on request', async () => {
    const { cluster, raw } = await startCluster();
    cluster.behaviour.conflicts = 1;
    const patch = (): Promise<Response> =>
      raw(SCALE, {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: '{"spec":{"replicas":3}}',
      });

    const codes = [(await patch()).status, (await patch()).status];
    cluster.behaviour.status429 = true;
    const busy = await patch();

    expect(codes).toEqual([409, 200]);
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '1']);
  });
});

it('holds a thousand workloads of three pods', async () => {
  const { cluster, core } = await startCluster();

  for (let at = 0; at < 1_000; at++) cluster.addDeployment({ namespace: 'big', name: `w${at}`, replicas: 3 });

  expect((await core.listNamespacedPod({ namespace: 'big' })).items).toHaveLength(3_000);
});

import type { ServerResponse } from 'node:http';
import type { Clock } from './clock.ts';
import { createAcceleratedClock } from './clock.ts';
import { isDenied } from './kubernetes/access.ts';
import { answerResource } from './kubernetes/api.ts';
import { createDeploymentController, isReady } from './kubernetes/deployment-controller.ts';
import { createObjectStore } from './kubernetes/object-store.ts';
import type { KubeObject } from './kubernetes/objects.ts';
import { isRecord, textOf } from './kubernetes/objects.ts';
import type { Extension, Resource } from './kubernetes/resources.ts';
import { discovery, groupVersion, resourcesOf } from './kubernetes/resources.ts';
import { parseRoute } from './kubernetes/route.ts';
import { StatusError, statusBody } from './kubernetes/status-error.ts';
import { createWatchHub } from './kubernetes/watch.ts';
import { draftOf, parseJson } from './kubernetes/write.ts';
import type { Request, ServerBehaviour } from './loopback-server.ts';
import { createLoopbackServer, sendJson, sendText } from './loopback-server.ts';
import type { Random } from './random.ts';

export interface KubernetesBehaviour extends ServerBehaviour {
  /** Refused with 403, and so answered by access reviews: `patch`, or `patch deployments/scale`. */
  deny: string[];
  /** Every request is answered 429 with Retry-After. */
  status429: boolean;
  /** The next writes are refused with 409, as if somebody else had been faster. */
  conflicts: number;
}

export interface LoggedRequest {
  atMs: number;
  method: string;
  path: string;
  query: string;
  body: string;
  status: number;
}

export interface WorkloadOptions {
  namespace: string;
  name: string;
  replicas: number;
  image?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface SimulatedKubernetes {
  behaviour: KubernetesBehaviour;
  start(): Promise<void>;
  stop(): Promise<void>;
  url(): string;
  /** A configuration that @kubernetes/client-node's loadFromOptions or loadFromString takes. */
  kubeconfig(): string;
  /** Creates a Deployment whose pods are ready at once. */
  addDeployment(options: WorkloadOptions): KubeObject;
  /** Puts any object in place, without going over the wire. */
  add(apiVersion: string, plural: string, object: Record<string, unknown>): KubeObject;
  find(apiVersion: string, plural: string, namespace: string | undefined, name: string): KubeObject | undefined;
  list(apiVersion: string, plural: string, namespace?: string): KubeObject[];
  /** Ready pods of the workload whose pod labels carry `app: NAME`. */
  readyPods(namespace: string, app: string): KubeObject[];
  dropWatches(how?: 'cut' | 'gone'): void;
  /** Forgets all history: watches and lists that name an older version are told 410. */
  compact(): void;
  openWatches(): number;
  /** The newest requests, oldest first. */
  requests(): readonly LoggedRequest[];
  /** Those of them that could have changed something; dry runs and access reviews are no writes. */
  writes(): readonly LoggedRequest[];
}

export interface KubernetesOptions {
  clock: Clock;
  random: Random;
  /** For watch time-outs and bookmarks, which clients measure in real time. */
  wall?: Clock;
  token?: string;
  user?: string;
  extensions?: readonly Extension[];
  podStartMs?: number;
  podStopMs?: number;
  bookmarkMs?: number;
  podLog?: (pod: KubeObject) => string;
}

const KEPT_REQUESTS = 5_000;
const VERSION = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.35.4',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '',
  goVersion: '',
  compiler: 'gc',
  platform: 'linux/amd64',
};

/** A Kubernetes API server with its Deployment controller, scheduler and kubelet, in memory and on loopback. */
export function createKubernetesServer(options: KubernetesOptions): SimulatedKubernetes {
  const {
    clock,
    random,
    token,
    user = 'system:serviceaccount:hale:hale',
    podStartMs = 3_000,
    podStopMs = 1_000,
  } = options;
  const behaviour: KubernetesBehaviour = {
    down: false,
    hang: false,
    slowMs: 0,
    deny: [],
    status429: false,
    conflicts: 0,
  };
  const resources = resourcesOf(options.extensions ?? []);
  const store = createObjectStore({ now: () => clock.now(), random });
  const resourceOf = (apiVersion: string, plural: string): Resource => {
    const found = resources.find((one) => groupVersion(one) === apiVersion && one.plural === plural);
    if (found === undefined) throw new Error(`the simulated cluster serves no ${plural} in ${apiVersion}`);
    return found;
  };
  const deployments = resourceOf('apps/v1', 'deployments');
  const podResource = resourceOf('v1', 'pods');
  const controller = createDeploymentController({
    clock,
    random,
    store,
    resources: { deployments, replicaSets: resourceOf('apps/v1', 'replicasets'), pods: podResource },
    podStartMs,
    podStopMs,
  });
  const wall = options.wall ?? createAcceleratedClock({ startMs: Date.now(), factor: 1 });
  const watches = createWatchHub({ store, wall, bookmarkMs: options.bookmarkMs ?? 10_000 });
  let log: LoggedRequest[] = [];

  const answer = (request: Request, response: ServerResponse): void => {
    const { method, path, query, body } = request;
    const entry: LoggedRequest = { atMs: clock.now(), method, path, query: query.toString(), body, status: 0 };
    log.push(entry);
    if (log.length > KEPT_REQUESTS * 2) log = log.slice(-KEPT_REQUESTS);
    try {
      route(request, response);
      entry.status = response.statusCode;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      entry.status = error.code;
      if (error.code === 429) response.setHeader('retry-after', '1');
      sendJson(response, error.code, statusBody(error));
    }
  };

  const route = (request: Request, response: ServerResponse): void => {
    const { path, method } = request;
    if (path === '/readyz' || path === '/livez' || path === '/healthz') return sendText(response, 200, 'ok');
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      throw new StatusError(401, 'Unauthorized', 'Unauthorized');
    }
    if (behaviour.status429) {
      throw new StatusError(
        429,
        'TooManyRequests',
        'the server has received too many requests and has asked us to try again later',
        { retryAfterSeconds: 1 },
      );
    }
    if (path === '/version') return sendJson(response, 200, VERSION);
    if (path === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews' && method === 'POST') {
      return sendJson(response, 201, reviewAccess(parseJson(request.body), behaviour.deny));
    }
    const document = method === 'GET' ? discovery(path, resources) : undefined;
    if (document !== undefined) return sendJson(response, 200, document);
    const found = parseRoute(path, resources);
    if (found === undefined) return sendText(response, 404, '404 page not found\n');
    const context = {
      store,
      watches,
      pods: controller.pods,
      nowMs: clock.now(),
      user,
      deny: behaviour.deny,
      podLog: options.podLog ?? (() => ''),
    };
    if (behaviour.conflicts > 0 && (method === 'PUT' || method === 'PATCH')) {
      behaviour.conflicts--;
      throw new StatusError(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${found.resource.plural} "${found.name}": the object has been modified; please apply your changes to the latest version and try again`,
      );
    }
    answerResource(request, found, context, response);
  };

  const server = createLoopbackServer({ name: 'Kubernetes', behaviour, answer });
  const add = (resource: Resource, object: Record<string, unknown>): KubeObject => {
    const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
    const namespace = resource.namespaced ? textOf(metadata['namespace'] ?? 'default') : undefined;
    return store.create(resource, draftOf(resource, namespace, object, { manager: 'kubectl', nowMs: clock.now() }));
  };
  add(resourceOf('v1', 'nodes'), {
    metadata: { name: 'node-1', labels: { 'kubernetes.io/hostname': 'node-1' } },
    spec: {},
    status: {
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      capacity: { cpu: '64', memory: '256Gi', pods: '5000' },
    },
  });

  return {
    behaviour,
    start: () => server.start(),
    async stop() {
      controller.stop();
      watches.drop('cut');
      await server.stop();
    },
    url: () => server.url(),
    kubeconfig: () => writeKubeconfig(server.url(), token),
    addDeployment(workload) {
      const { namespace } = workload;
      const namespaces = resourceOf('v1', 'namespaces');
      if (store.get(namespaces, undefined, namespace) === undefined) {
        add(namespaces, {
          metadata: { name: namespace, labels: { 'kubernetes.io/metadata.name': namespace } },
          status: { phase: 'Active' },
        });
      }
      const deployment = add(deployments, deploymentBody(workload));
      controller.settle(deployment);
      return store.get(deployments, namespace, workload.name) ?? deployment;
    },
    add: (apiVersion, plural, object) => add(resourceOf(apiVersion, plural), object),
    find: (apiVersion, plural, namespace, name) => store.get(resourceOf(apiVersion, plural), namespace, name),
    list: (apiVersion, plural, namespace) => store.list(resourceOf(apiVersion, plural), namespace),
    readyPods: (namespace, app) =>
      store.list(podResource, namespace).filter((pod) => pod.metadata.labels?.['app'] === app && isReady(pod)),
    dropWatches: (how = 'cut') => watches.drop(how),
    compact: () => store.compact(),
    openWatches: () => watches.openCount(),
    requests: () => log,
    writes: () => log.filter(isWrite),
  };
}

function isWrite({ method, path, query, status }: LoggedRequest): boolean {
  return method !== 'GET' && status < 300 && !query.includes('dryRun=All') && !path.includes('/authorization.k8s.io/');
}

function reviewAccess(review: unknown, deny: readonly string[]): Record<string, unknown> {
  const spec = isRecord(review) && isRecord(review['spec']) ? review['spec'] : {};
  const asked = spec['resourceAttributes'];
  if (!isRecord(asked))
    throw new StatusError(
      422,
      'Invalid',
      'SelfSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes: Required value',
    );
  const subresource = textOf(asked['subresource']) === '' ? '' : `/${textOf(asked['subresource'])}`;
  const denied = isDenied(deny, {
    verb: textOf(asked['verb']),
    resource: `${textOf(asked['resource'])}${subresource}`,
  });
  const status = denied ? { allowed: false } : { allowed: true, reason: 'RBAC: allowed' };
  return { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, spec, status };
}

function deploymentBody({
  namespace,
  name,
  replicas,
  image = `${name}:1`,
  labels,
  annotations,
}: WorkloadOptions): Record<string, unknown> {
  return {
    metadata: {
      name,
      namespace,
      labels: { app: name, ...labels },
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, ...labels } },
        spec: {
          containers: [
            { name, image, resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } } },
          ],
        },
      },
    },
  };
}

function writeKubeconfig(server: string, token: string | undefined): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'simulated', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'hale', user: token === undefined ? {} : { token } }],
    contexts: [{ name: 'simulated', context: { cluster: 'simulated', user: 'hale' } }],
    'current-context': 'simulated',
  });
}

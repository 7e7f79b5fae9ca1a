import { timeText } from '../kubelet/container.ts';
import { matchesSelector } from './label-selector.ts';
import type { Rate } from './usage-window.ts';

export interface PodUsage {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly { readonly name: string; readonly rate: Rate }[];
}

export interface NodeUsage {
  readonly name: string;
  readonly rate: Rate;
}

export interface Known {
  readonly pods: readonly PodUsage[];
  readonly nodes: readonly NodeUsage[];
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export const GROUP_VERSION = 'metrics.k8s.io/v1beta1';
const PREFIX = `/apis/${GROUP_VERSION}`;

/** The part of metrics.k8s.io that the API server, autoscalers and `kubectl top` ask for. */
export function answerMetrics(url: URL, known: Known): Answer {
  const selector = url.searchParams.get('labelSelector') ?? '';
  if (url.pathname === '/apis') return { status: 200, body: { kind: 'APIGroupList', apiVersion: 'v1', groups: [] } };
  if (url.pathname === PREFIX) return { status: 200, body: DISCOVERY };
  const parts = url.pathname.startsWith(`${PREFIX}/`) ? url.pathname.slice(PREFIX.length + 1).split('/') : [];
  if (parts[0] === 'nodes') {
    const { nodes } = known;
    if (parts.length === 1) return list('NodeMetricsList', nodes.map(nodeMetrics));
    return one(nodes.filter((it) => it.name === parts[1]).map(nodeMetrics), 'nodes', parts[1]);
  }
  const namespace = parts[0] === 'namespaces' ? parts[1] : undefined;
  const [resource, name] = namespace === undefined ? parts : parts.slice(2);
  if (resource !== 'pods') return failure(404, 'NotFound', `there is no ${url.pathname}`);
  const pods = known.pods.filter((it) => namespace === undefined || it.namespace === namespace);
  if (name !== undefined) return one(pods.filter((it) => it.name === name).map(podMetrics), 'pods', name);
  try {
    return list('PodMetricsList', pods.filter((it) => matchesSelector(it.labels, selector)).map(podMetrics));
  } catch (error) {
    return failure(400, 'BadRequest', error instanceof Error ? error.message : String(error));
  }
}

const VERBS = ['get', 'list'];
const DISCOVERY = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: GROUP_VERSION,
  resources: [
    { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: VERBS },
    { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: VERBS },
  ],
};

function podMetrics({ namespace, name, labels, containers }: PodUsage) {
  const rates = containers.map((it) => it.rate);
  return {
    kind: 'PodMetrics',
    apiVersion: GROUP_VERSION,
    metadata: { name, namespace, labels, creationTimestamp: null },
    // The oldest look of its containers: no figure is newer than that.
    ...when(rates.reduce((oldest, it) => (it.atMs < oldest.atMs ? it : oldest))),
    containers: containers.map((it) => ({ name: it.name, usage: usage(it.rate) })),
  };
}

function nodeMetrics({ name, rate }: NodeUsage) {
  return {
    kind: 'NodeMetrics',
    apiVersion: GROUP_VERSION,
    metadata: { name, creationTimestamp: null },
    ...when(rate),
    usage: usage(rate),
  };
}

function when({ atMs, windowMs }: Rate) {
  return { timestamp: timeText(atMs), window: `${(windowMs / 1000).toFixed(3)}s` };
}

function usage({ cpu, memoryBytes }: Rate) {
  return { cpu: `${Math.round(cpu * 1e9)}n`, memory: `${Math.round(memoryBytes / 1024)}Ki` };
}

function list(kind: string, items: readonly unknown[]): Answer {
  return { status: 200, body: { kind, apiVersion: GROUP_VERSION, metadata: {}, items } };
}

function one(found: readonly unknown[], resource: string, name = ''): Answer {
  if (found[0] !== undefined) return { status: 200, body: found[0] };
  return failure(404, 'NotFound', `${resource}.metrics.k8s.io "${name}" not found`);
}

function failure(code: number, reason: string, message: string): Answer {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code } };
}

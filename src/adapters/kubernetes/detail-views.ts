import type {
  AutoscalerDetails,
  ClusterEvent,
  Condition,
  DisruptionBudgetView,
  EndpointsView,
  NetworkPolicyView,
  NodeView,
  QuotaView,
  RevisionView,
  StorageClassView,
  VolumeClaimView,
} from '../../ports/cluster-details.ts';
import { at, isObject, type Json, listAt, numberAt, requiredText, textAt, textsAt } from './json.ts';
import { createdAtOf, timeAt } from './views.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const CHANGE_CAUSE = 'kubernetes.io/change-cause';
const TEMPLATE_HASH = 'pod-template-hash';
const MAX_MESSAGE = 1_000;

const nameOf = (object: unknown): string => requiredText(object, 'metadata', 'name');

export function revisionView(object: unknown): RevisionView {
  const annotations = textsAt(object, 'metadata', 'annotations');
  return {
    name: nameOf(object),
    uid: requiredText(object, 'metadata', 'uid'),
    revision: Number(annotations[REVISION] ?? 0) || 0,
    createdAt: createdAtOf(object),
    replicas: numberAt(object, 'spec', 'replicas') ?? 0,
    readyReplicas: numberAt(object, 'status', 'readyReplicas') ?? 0,
    images: listAt(object, 'spec', 'template', 'spec', 'containers').map((it) => textAt(it, 'image') ?? ''),
    changeCause: annotations[CHANGE_CAUSE] ?? '',
    template: templateOf(at(object, 'spec', 'template')),
  };
}

/** The hash belongs to the ReplicaSet; a Deployment's template has none. */
function templateOf(template: unknown): Json {
  if (!isObject(template)) return {};
  const metadata = at(template, 'metadata');
  const { [TEMPLATE_HASH]: _hash, ...labels } = textsAt(template, 'metadata', 'labels');
  return { ...template, metadata: { ...(isObject(metadata) ? metadata : {}), labels } };
}

export function eventView(object: unknown): ClusterEvent {
  const firstAt = timeAt(object, 'firstTimestamp') ?? timeAt(object, 'eventTime');
  return {
    reason: textAt(object, 'reason') ?? '',
    type: textAt(object, 'type') ?? '',
    message: (textAt(object, 'message') ?? '').slice(0, MAX_MESSAGE),
    count: numberAt(object, 'series', 'count') ?? numberAt(object, 'count') ?? 1,
    firstAt,
    lastAt: timeAt(object, 'series', 'lastObservedTime') ?? timeAt(object, 'lastTimestamp') ?? firstAt,
    reportedBy: textAt(object, 'reportingComponent') || textAt(object, 'source', 'component') || '',
    about: {
      kind: textAt(object, 'involvedObject', 'kind') ?? '',
      name: textAt(object, 'involvedObject', 'name') ?? '',
    },
  };
}

function conditionsOf(object: unknown): Condition[] {
  return listAt(object, 'status', 'conditions').map((it) => ({
    type: textAt(it, 'type') ?? '',
    status: textAt(it, 'status') ?? '',
    reason: textAt(it, 'reason') ?? '',
    message: (textAt(it, 'message') ?? '').slice(0, MAX_MESSAGE),
    since: timeAt(it, 'lastTransitionTime'),
  }));
}

export function autoscalerDetails(object: unknown): AutoscalerDetails {
  return {
    subject: {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      namespace: requiredText(object, 'metadata', 'namespace'),
      name: nameOf(object),
      uid: requiredText(object, 'metadata', 'uid'),
    },
    target: {
      kind: textAt(object, 'spec', 'scaleTargetRef', 'kind') ?? '',
      name: textAt(object, 'spec', 'scaleTargetRef', 'name') ?? '',
    },
    minReplicas: numberAt(object, 'spec', 'minReplicas') ?? 1,
    maxReplicas: numberAt(object, 'spec', 'maxReplicas') ?? 0,
    currentReplicas: numberAt(object, 'status', 'currentReplicas') ?? 0,
    desiredReplicas: numberAt(object, 'status', 'desiredReplicas') ?? 0,
    conditions: conditionsOf(object),
    metrics: listAt(object, 'spec', 'metrics').map(metricName),
  };
}

function metricName(metric: unknown): string {
  const type = textAt(metric, 'type') ?? '';
  const source = at(metric, `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`);
  return `${type} ${textAt(source, 'name') ?? textAt(source, 'metric', 'name') ?? ''}`.trim();
}

/** Null without slices; an address counts as ready unless its slice says no, as kube-proxy reads it. */
export function endpointsView(slices: readonly unknown[]): EndpointsView | null {
  if (slices.length === 0) return null;
  const endpoints = slices.flatMap((slice) => listAt(slice, 'endpoints'));
  const ready = endpoints.filter((it) => at(it, 'conditions', 'ready') !== false).length;
  const ports = slices.flatMap((slice) => listAt(slice, 'ports').flatMap((it) => numberAt(it, 'port') ?? []));
  return { ready, notReady: endpoints.length - ready, ports: [...new Set(ports)] };
}

export function policyView(object: unknown): NetworkPolicyView {
  const types = listAt(object, 'spec', 'policyTypes');
  const rules = (type: string, field: string) => (types.includes(type) ? listAt(object, 'spec', field).length : null);
  return {
    name: nameOf(object),
    podSelector: textsAt(object, 'spec', 'podSelector', 'matchLabels'),
    hasExpressions: listAt(object, 'spec', 'podSelector', 'matchExpressions').length > 0,
    ingressRules: rules('Ingress', 'ingress'),
    egressRules: rules('Egress', 'egress'),
    createdAt: createdAtOf(object),
  };
}

export function quotaView(object: unknown): QuotaView {
  return {
    name: nameOf(object),
    hard: textsAt(object, 'status', 'hard'),
    used: textsAt(object, 'status', 'used'),
  };
}

export function claimView(object: unknown): VolumeClaimView {
  return {
    name: nameOf(object),
    phase: textAt(object, 'status', 'phase') ?? '',
    storageClass: textAt(object, 'spec', 'storageClassName'),
    capacity: textAt(object, 'status', 'capacity', 'storage'),
    createdAt: createdAtOf(object),
  };
}

export function storageClassView(object: unknown): StorageClassView {
  return { name: nameOf(object), allowsExpansion: at(object, 'allowVolumeExpansion') === true };
}

export function nodeView(object: unknown): NodeView {
  return {
    name: nameOf(object),
    unschedulable: at(object, 'spec', 'unschedulable') === true,
    conditions: conditionsOf(object),
    taints: listAt(object, 'spec', 'taints').map((it) => `${textAt(it, 'key') ?? ''}:${textAt(it, 'effect') ?? ''}`),
    allocatable: textsAt(object, 'status', 'allocatable'),
  };
}

export function budgetView(object: unknown): DisruptionBudgetView {
  return {
    name: nameOf(object),
    selector: textsAt(object, 'spec', 'selector', 'matchLabels'),
    disruptionsAllowed: numberAt(object, 'status', 'disruptionsAllowed') ?? 0,
  };
}

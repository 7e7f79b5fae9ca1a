import type { Plan } from '../domain/plan.ts';
import type { ClusterReader, WorkloadView } from '../ports/cluster.ts';
import type { Told } from './told.ts';

export interface ScopeSettings {
  /** Namespaces in which Hale may act; `*` = all. */
  readonly namespaces: readonly string[];
  /** Annotation or label that opts a workload, or its whole namespace, in: `hale.dev/enabled`. */
  readonly optInKey: string;
}

interface SubjectValue {
  uid: string;
  replicas: number | null;
  touched: Record<string, string | number | boolean | null>;
}

const REVISION = 'deployment.kubernetes.io/revision';

/** The values that a plan may touch, by the field path under which its preview names them. */
const FIELDS: Readonly<Record<string, (workload: WorkloadView) => string | number | boolean | null>> = {
  'metadata.uid': (workload) => workload.subject.uid,
  'spec.replicas': (workload) => workload.replicas,
  'spec.paused': (workload) => workload.paused,
  // Every change of a Deployment's pod template makes a new revision.
  [`metadata.annotations[${REVISION}]`]: (workload) => workload.annotations[REVISION] ?? '',
};

export function subjectOf(workload: WorkloadView | null, plan: Plan): Told<SubjectValue | null> {
  if (workload === null) return { value: null };
  const touched: SubjectValue['touched'] = {};
  for (const field of Object.keys(plan.preview.touches)) {
    const read = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
    if (read === undefined)
      return { why: `the plan touches ${field}, which is not read; known: ${Object.keys(FIELDS).join(', ')}` };
    touched[field] = read(workload);
  }
  return { value: { uid: workload.subject.uid, replicas: workload.replicas, touched } };
}

/** The operator's list and the opt-in. On the workload itself `false` goes before its namespace's `true`. */
export function scopeOf(
  workload: WorkloadView,
  cluster: Pick<ClusterReader, 'namespace' | 'cacheState'>,
  settings: ScopeSettings,
): Told<{ namespaceAllowed: boolean; workloadOptedIn: boolean; namespaces: string[] }> {
  const { namespace } = workload.subject;
  const namespaces = [...settings.namespaces];
  const namespaceAllowed = namespaces.includes(namespace) || namespaces.includes('*');
  const told = (workloadOptedIn: boolean) => ({ value: { namespaceAllowed, workloadOptedIn, namespaces } });

  const own = optIn(workload, settings.optInKey);
  if (own !== null || !namespaceAllowed) return told(own ?? false);
  const cache = cluster.cacheState();
  if (cache.state !== 'ready') return { why: `namespace ${namespace} is read from a cache that is ${cache.state}` };
  const view = cluster.namespace(namespace);
  return told(view !== null && optIn(view, settings.optInKey) === true);
}

/** True or false as it is written; null when it is not written. Label and annotation that differ, or any other word: false. */
function optIn(object: Pick<WorkloadView, 'labels' | 'annotations'>, key: string): boolean | null {
  const words = [object.annotations, object.labels].flatMap((marks) => {
    const word = Object.hasOwn(marks, key) ? marks[key] : undefined;
    return word === undefined ? [] : [word];
  });
  return words.length === 0 ? null : words.every((word) => word === 'true');
}

/**
 * Readiness is no measure here: a workload whose pods are too busy to answer their probes is what Hale is for. Pods beyond the desired
 * number are old ones of a rollout that is ending, or leave after a scale-in.
 */
export function rolloutOf(
  workload: WorkloadView,
  cluster: Pick<ClusterReader, 'podsOf'>,
): Told<{ state: 'stable' | 'progressing' | 'failed' | 'paused'; detail: string }> {
  const { replicas, updatedReplicas, generation, observedGeneration } = workload;
  if (workload.progressDeadlineExceeded)
    return { value: { state: 'failed', detail: 'its progress deadline was exceeded' } };
  if (workload.paused) return { value: { state: 'paused', detail: 'it is paused by a person' } };
  if (observedGeneration < generation) {
    return { value: { state: 'progressing', detail: `generation ${generation} is not observed yet` } };
  }
  if (replicas === null) return { value: { state: 'stable', detail: `generation ${generation} is observed` } };
  if (updatedReplicas < replicas) {
    return { value: { state: 'progressing', detail: `${updatedReplicas} of ${replicas} replicas are updated` } };
  }
  const alive = cluster.podsOf(workload.subject).filter((pod) => pod.phase === 'Pending' || pod.phase === 'Running');
  if (alive.length > replicas) {
    return { value: { state: 'progressing', detail: `${alive.length} pods for ${replicas} replicas` } };
  }
  return { value: { state: 'stable', detail: `${updatedReplicas} of ${replicas} replicas are updated` } };
}

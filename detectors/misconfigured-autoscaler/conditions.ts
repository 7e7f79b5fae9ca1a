import { commandText } from '../../src/domain/command-text.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import type { AutoscalerDetails, Condition } from '../../src/ports/cluster-details.ts';

/** What an autoscaler lacks, in words of our own, and the command that mends it. */
export interface Broken {
  readonly autoscaler: string;
  readonly text: string;
  readonly mend: string | null;
  /** Since when (Unix ms); null where it is not told. */
  readonly since: number | null;
  readonly condition: Condition | null;
}

/** Two autoscalers for one workload pull against each other; one condition that does not hold stops the only one. */
export function brokenByConditions(
  autoscalers: readonly AutoscalerDetails[],
  workload: WorkloadView,
  { at, brokenFor }: { readonly at: number; readonly brokenFor: number },
): Broken | null {
  const { namespace } = workload.subject;
  const [first, second] = autoscalers;
  if (first === undefined) return null;
  if (second !== undefined) {
    const names = autoscalers.map(({ subject }) => subject.name);
    const mend = `${commandText('kubectl', '-n', namespace, 'delete', 'hpa', second.subject.name)}  # or the other one`;
    return {
      autoscaler: first.subject.name,
      text: `${names.join(' and ')} scale one workload`,
      mend,
      since: null,
      condition: null,
    };
  }
  const condition = first.conditions.find(
    ({ type, status, since }) =>
      status === 'False' &&
      (type === 'ScalingActive' || type === 'AbleToScale') &&
      since !== null &&
      at - since >= brokenFor,
  );
  if (condition === undefined || condition.reason === 'ScalingDisabled') return null;
  const told = toldOf(condition, first, workload);
  return { ...told, autoscaler: first.subject.name, since: condition.since, condition };
}

function toldOf(
  condition: Condition,
  { subject, target, metrics }: AutoscalerDetails,
  workload: WorkloadView,
): Pick<Broken, 'text' | 'mend'> {
  const { namespace, kind, name } = workload.subject;
  const { reason } = condition;
  const resource = metrics.find((metric) => metric.startsWith('Resource '))?.slice('Resource '.length) ?? '';
  const isResource = reason === 'FailedGetResourceMetric' || reason === 'FailedGetContainerResourceMetric';
  if (isResource && condition.message.includes('missing request for')) {
    const what = condition.message.includes('missing request for memory') ? 'memory' : 'cpu';
    const without = workload.containers.filter(
      ({ resources }) => (what === 'cpu' ? resources.cpuRequest : resources.memoryRequest) === null,
    );
    const whose = without.length === 0 ? 'a container' : without.map((one) => `container ${one.name}`).join(', ');
    const words = ['kubectl', '-n', namespace, 'set', 'resources', `${kind.toLowerCase()}/${name}`];
    const only = without[0] ? ['-c', without[0].name] : [];
    const request = what === 'cpu' ? 'cpu=100m' : 'memory=128Mi';
    return {
      text: `${whose} has no request for ${what}, of which its target is a share`,
      mend: `${commandText(...words, ...only, `--requests=${request}`)}  # what it needs at rest`,
    };
  }
  if (isResource) {
    return {
      text: `gets no metric ${resource || 'of its pods'}: the metrics server does not answer for it`,
      mend: commandText('kubectl', 'get', 'apiservice', 'v1beta1.metrics.k8s.io'),
    };
  }
  const known = REASONS[reason];
  const edit = commandText('kubectl', '-n', namespace, 'edit', 'hpa', subject.name);
  if (known === undefined) return { text: `does not work (${condition.type}=False)`, mend: null };
  return {
    text: known,
    mend: reason === 'FailedGetScale' ? `${edit}  # scaleTargetRef ${target.kind}/${target.name}` : edit,
  };
}

/** The reasons of the controller's conditions; one that is not here is not told on, for it is text. */
const REASONS: Readonly<Record<string, string>> = {
  FailedGetScale: 'does not reach its target: no such object, or no scale of it',
  FailedUpdateScale: 'may not change the replicas of its target',
  InvalidSelector: 'has a target whose selector is empty or cannot be read',
  AmbiguousSelector: 'shares its pods with another autoscaler',
  InvalidMetricSourceType: 'has a metric of an unknown kind',
  FailedGetPodsMetric: 'gets no metric of its pods: no custom metrics API answers for it',
  FailedGetObjectMetric: 'gets no metric of an object: no custom metrics API answers for it',
  FailedGetExternalMetric: 'gets no external metric: no external metrics API answers for it',
  FailedComputeMetricsReplicas: 'cannot compute replicas from its metrics',
};

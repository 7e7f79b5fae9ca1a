import { commandText } from '../../src/domain/command-text.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import type { PodView, WorkloadView } from '../../src/ports/cluster.ts';
import type { ClusterEvent } from '../../src/ports/cluster-details.ts';
import { ifAnswered } from '../../src/workload-traces/index.ts';
import { commandProblem, missingObject, pullText, volumeText } from './event-text.ts';
import type { StuckPod } from './judge.ts';
import { schedulingBecause } from './scheduling.ts';

/** Why a pod is stuck, as far as messages and objects tell more than the reason does. */
export interface Because {
  /** Replaces the text of the reason; only words of our own and names that Kubernetes would accept. */
  readonly text: string | null;
  /** The command that mends it. */
  readonly mend: string | null;
  readonly confidence?: number;
  /** It is about to pass by itself. */
  readonly passes?: true;
  /** What was read for it. */
  readonly read: Readonly<Record<string, unknown>>;
}

/** How long ago an Event may be and still speak of now. */
const RECENT_MS = 10 * 60_000;

/** Asks Kubernetes for the Events of the pod, and for what its reason is about. */
export async function becauseOf(
  stuck: StuckPod,
  pod: PodView | undefined,
  workload: WorkloadView,
  ctx: ReadContext,
): Promise<Because> {
  const all = pod === undefined ? [] : ((await ifAnswered(ctx.cluster.eventsAbout(pod, ctx.signal))) ?? []);
  const events = all.filter(({ lastAt }) => lastAt !== null && lastAt >= ctx.now() - RECENT_MS).slice(0, 10);
  const because = await specific(stuck, events, pod, workload, ctx);
  return { ...because, read: { ...because.read, events } };
}

async function specific(
  stuck: StuckPod,
  events: readonly ClusterEvent[],
  pod: PodView | undefined,
  workload: WorkloadView,
  ctx: ReadContext,
): Promise<Because> {
  const { reason, message = '' } = stuck;
  const texts = [message, ...events.filter(({ type }) => type === 'Warning').map((event) => event.message)];
  if (reason === 'Unschedulable') return schedulingBecause(texts, { pod, workload, events }, ctx);
  if (reason === 'CreateContainerConfigError') return missingBecause(texts, workload) ?? nothing();
  if (reason === 'ContainerCreating') return volumeBecause(events, workload);
  if (reason === 'NotReady') return probeBecause(stuck, events, pod);
  if (reason.includes('Image') || reason === 'RegistryUnavailable') return told(stuck, texts, pullText);
  if (['RunContainerError', 'StartError', 'ContainerCannotRun', 'CreateContainerError'].includes(reason))
    return told(stuck, texts, commandProblem);
  return reason === 'InitContainerFails' || reason === 'PodInitializing' ? initBecause(stuck, workload) : nothing();
}

export function nothing(read: Because['read'] = {}): Because {
  return { text: null, mend: null, read };
}

function told(stuck: StuckPod, texts: readonly string[], textOf: (message: string) => string | null): Because {
  const found = texts.map(textOf).find((text) => text !== null);
  return found === undefined ? nothing() : { text: `${stuck.text}: ${found}`, mend: null, read: {} };
}

function missingBecause(texts: readonly string[], { subject }: WorkloadView): Because | null {
  const missing = texts.map(missingObject).find((one) => one !== null);
  if (missing === undefined || missing === null) return null;
  const { kind, name, key } = missing;
  const label = { configmap: 'ConfigMap', secret: 'Secret', persistentvolumeclaim: 'volume claim' }[kind];
  const namespace = ['kubectl', '-n', subject.namespace];
  const create = kind === 'secret' ? ['create', 'secret', 'generic', name] : ['create', 'configmap', name];
  const mend = {
    key: `${commandText(...namespace, 'edit', kind, name)}  # add the key ${key ?? ''}`,
    object: commandText(...namespace, ...create, `--from-env-file=${name}.env`),
    claim: `${commandText(...namespace, 'get', 'pvc')}  # which one is meant; else create it`,
  };
  return {
    text: key === null ? `the ${label} ${name} is missing` : `the ${label} ${name} has no key ${key}`,
    mend: key !== null ? mend.key : kind === 'persistentvolumeclaim' ? mend.claim : mend.object,
    read: {},
  };
}

const VOLUME_EVENTS: ReadonlySet<string> = new Set(['FailedMount', 'FailedAttachVolume', 'FailedMapVolume']);

function volumeBecause(events: readonly ClusterEvent[], workload: WorkloadView): Because {
  const failed = events.filter(({ reason }) => VOLUME_EVENTS.has(reason));
  const [first] = failed;
  if (first !== undefined) {
    const missing = missingBecause(
      failed.map(({ message }) => message),
      workload,
    );
    return { ...(missing ?? { text: volumeText(first.message), mend: null, read: {} }), confidence: 0.95 };
  }
  if (!events.some(({ reason }) => reason === 'FailedCreatePodSandBox')) return nothing();
  return { text: 'its network cannot be set up on the node', mend: null, confidence: 0.95, read: {} };
}

/** A probe that has failed from the beginning is wrong or the application is; one that fails later tells of something else. */
function probeBecause(stuck: StuckPod, events: readonly ClusterEvent[], pod: PodView | undefined): Because {
  const probe = events.find(
    ({ reason, message }) => reason === 'Unhealthy' && /^(Startup|Readiness) probe/.test(message),
  );
  if (probe === undefined) return nothing();
  const which = probe.message.startsWith('Startup') ? 'startup' : 'readiness';
  const isFromBirth = pod !== undefined && probe.firstAt !== null && probe.firstAt - pod.createdAt < FROM_BIRTH_MS;
  const status = /statuscode: (\d{3})/.exec(probe.message.slice(0, 500))?.[1];
  const answer = status ? `it answers ${status}` : PROBE_WORDS.find(([words]) => probe.message.includes(words))?.[1];
  const text = `${stuck.container || 'a container'}: its ${which} probe has failed ${probe.count} times${answer ? `, ${answer}` : ''}`;
  return { text, mend: null, confidence: isFromBirth && probe.count >= 3 ? 0.9 : 0.7, read: {} };
}

const FROM_BIRTH_MS = 120_000;
const PROBE_WORDS: readonly (readonly [string, string])[] = [
  ['connection refused', 'nothing listens on its port'],
  ['deadline exceeded', 'no answer in time'],
  ['timeout', 'no answer in time'],
];

function initBecause(stuck: StuckPod, { subject }: WorkloadView): Because {
  const previous = stuck.reason === 'InitContainerFails' ? ['--previous'] : [];
  if (stuck.container === '') return nothing();
  const words = ['kubectl', '-n', subject.namespace, 'logs', stuck.pod, '-c', stuck.container, ...previous];
  return { text: null, mend: commandText(...words), read: {} };
}

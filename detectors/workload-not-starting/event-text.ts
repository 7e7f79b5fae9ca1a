/**
 * What the messages of scheduler, kubelet and controllers say, by their usual words. The text is hostile: it is cut before it is read,
 * every pattern takes linear time, and of it only names that Kubernetes itself would accept are told on.
 */
const MAX_TEXT = 1_000;
/** The name of an object, as RFC 1123 has it. */
const NAME = '[a-z0-9][a-z0-9.-]{0,252}';
/** A key of a ConfigMap or Secret; the name of a label. */
const KEY = '[A-Za-z0-9._/-]{1,253}';

/** Why no node takes a pod. */
export type SchedulingReason =
  | 'cpu'
  | 'memory'
  | 'other-resource'
  | 'taint'
  | 'cordoned'
  | 'node-affinity'
  | 'pod-affinity'
  | 'spread'
  | 'volume-zone'
  | 'claim-unbound'
  | 'claim-missing'
  | 'too-many-pods'
  | 'host-port'
  | 'volume-count'
  | 'gated';

/** The scheduler's own words, the surer ones first. Those of one node are separated by commas. */
const SCHEDULING: readonly (readonly [words: string, reason: SchedulingReason, text: string])[] = [
  ['insufficient cpu', 'cpu', 'too little CPU is free for its request'],
  ['insufficient memory', 'memory', 'too little memory is free for its request'],
  ['insufficient ', 'other-resource', 'too little is free of another resource that it requests'],
  ['too many pods', 'too-many-pods', 'a node runs as many pods as it may'],
  ['were unschedulable', 'cordoned', 'a node is cordoned'],
  ['node.kubernetes.io/unschedulable', 'cordoned', 'a node is cordoned'],
  ['untolerated taint', 'taint', 'a node has a taint that it does not tolerate'],
  ["didn't match pod's node affinity", 'node-affinity', 'no node has the labels that it asks for'],
  ['volume node affinity conflict', 'volume-zone', 'its volume is bound to another node or zone'],
  ["didn't match pod affinity", 'pod-affinity', 'no node runs the pods that it wants beside it'],
  ["didn't match pod anti-affinity", 'pod-affinity', 'every node runs a pod that it must not stand beside'],
  ["didn't satisfy existing pods anti-affinity", 'pod-affinity', 'pods that run already do not want it beside them'],
  ['topology spread', 'spread', 'no node keeps its pods spread as it asks'],
  ['unbound immediate persistentvolumeclaims', 'claim-unbound', 'a volume claim of it is not bound'],
  ["didn't find available persistent volumes", 'claim-unbound', 'no volume fits a claim of it'],
  ["didn't have free ports", 'host-port', 'the port of the host that it asks for is taken'],
  ['exceed max volume count', 'volume-count', 'a node has as many volumes as it may'],
];

export interface Scheduling {
  readonly reason: SchedulingReason;
  readonly text: string;
  /** How many nodes say so; null where it is not told. */
  readonly nodes: number | null;
}

/** Each reason that the scheduler gives, by how many nodes gave it; empty where it says something else. */
export function schedulingReasons(message: string): readonly Scheduling[] {
  const [own = ''] = cut(message).split('preemption:');
  const missing = new RegExp(`persistentvolumeclaim "${NAME}" not found`).test(own);
  if (missing) return [{ reason: 'claim-missing', text: 'a volume claim that it names is missing', nodes: null }];
  const parts = own.slice(own.indexOf(':') + 1).split(', ');
  const found = parts.flatMap((part): Scheduling[] => {
    const lower = part.toLowerCase();
    const known = SCHEDULING.find(([words]) => lower.includes(words));
    if (known === undefined) return [];
    const count = /^\s?(\d{1,5}) /.exec(part)?.[1];
    return [{ reason: known[1], text: known[2], nodes: count === undefined ? null : Number(count) }];
  });
  return found.toSorted((a, b) => (b.nodes ?? 0) - (a.nodes ?? 0));
}

/** Key and value of the first taint that the scheduler names, the cordon of a node left out. */
export function taintIn(message: string): { readonly key: string; readonly value: string } | null {
  const taints = cut(message).matchAll(new RegExp(`untolerated taint \\{(${KEY}): ?([A-Za-z0-9._-]{0,63})\\}`, 'g'));
  for (const [, key = '', value = ''] of taints) if (key !== 'node.kubernetes.io/unschedulable') return { key, value };
  return null;
}

/** A ConfigMap, Secret or volume claim that is missing, or the key of it that is; null where the text names none. */
export interface MissingObject {
  readonly kind: 'configmap' | 'secret' | 'persistentvolumeclaim';
  readonly name: string;
  readonly key: string | null;
}

export function missingObject(message: string): MissingObject | null {
  const text = cut(message);
  const whole = new RegExp(`(configmap|secret|persistentvolumeclaim)s? "(${NAME})" not found`, 'i').exec(text);
  if (whole) return { kind: kindOf(whole[1]), name: whole[2] ?? '', key: null };
  const key = new RegExp(`find key (${KEY}) in (ConfigMap|Secret) (?:${NAME}/)?(${NAME})`).exec(text);
  return key ? { kind: kindOf(key[2]), name: key[3] ?? '', key: key[1] ?? null } : null;
}

function kindOf(word = ''): MissingObject['kind'] {
  const kind = word.toLowerCase();
  return kind === 'secret' || kind === 'persistentvolumeclaim' ? kind : 'configmap';
}

/** Name of the quota that a refused pod exceeds. */
export function quotaIn(message: string): string | null {
  return new RegExp(`exceeded quota: (${NAME})`).exec(cut(message))?.[1] ?? null;
}

/** What refused a pod, in words of our own; the text itself is kept as evidence only. */
export function refusalText(message: string): string {
  const text = cut(message).toLowerCase();
  if (text.includes('exceeded quota')) return 'a quota of the namespace is used up';
  if (text.includes('failed quota')) return 'a quota of the namespace wants requests and limits that it does not set';
  if (text.includes('violates podsecurity')) return 'the pod security standard of the namespace forbids it';
  if (text.includes('admission webhook')) return 'an admission webhook refuses it';
  if (text.includes('failed calling webhook')) return 'an admission webhook does not answer';
  if (text.includes('serviceaccount')) return 'its ServiceAccount is missing';
  if (text.includes('limitrange') || text.includes('usage per container'))
    return 'a limit range of the namespace forbids it';
  return 'admission refuses it';
}

/** Why an image is not pulled, by what registries and container runtimes say. */
export function pullText(message: string): string | null {
  const text = cut(message).toLowerCase();
  if (['unauthorized', 'authentication required', 'pull access denied', 'forbidden'].some(isIn(text)))
    return 'the registry refuses the credentials, or has no such repository';
  if (['manifest unknown', 'not found', 'notfound'].some(isIn(text))) return 'the registry has no such tag';
  if (['toomanyrequests', 'too many requests', 'rate limit'].some(isIn(text))) return 'the registry limits pulls';
  if (['no such host', 'connection refused', 'i/o timeout', 'context deadline', 'no route'].some(isIn(text)))
    return 'the registry does not answer';
  if (['x509', 'certificate'].some(isIn(text))) return 'the certificate of the registry is not trusted';
  return text.includes('no match for platform') ? 'the image is not built for this kind of node' : null;
}

/** Why a command does not start. */
export function commandProblem(message: string): string | null {
  const text = cut(message).toLowerCase();
  if (text.includes('permission denied')) return 'its command is not executable';
  return ['executable file not found', 'no such file or directory'].some(isIn(text))
    ? 'its command is not in the image'
    : null;
}

/** Why a volume is not mounted, in words of our own. */
export function volumeText(message: string): string {
  const text = cut(message).toLowerCase();
  if (text.includes('multi-attach') || text.includes('already exclusively attached'))
    return 'its volume is still attached to another node';
  if (text.includes('non-existent config key') || text.includes('non-existent secret key'))
    return 'a key that its volume asks for is missing';
  if (text.includes('permission denied')) return 'its volume may not be mounted';
  return 'its volume does not come';
}

function isIn(text: string): (words: string) => boolean {
  return (words) => text.includes(words);
}

function cut(message: string): string {
  return message.slice(0, MAX_TEXT);
}

import type { Subject } from '../../src/domain/subject.ts';
import { escapeRegex, promqlString } from '../../src/domain/workload-series.ts';
import type { IncidentView, ReadContext } from '../../src/plugin/context.ts';
import type { RangeSeries } from '../../src/ports/metrics.ts';
import type { Points } from '../../src/workload-metrics/index.ts';
import { finitePoints, maxInto, wholeSecond } from '../../src/workload-metrics/index.ts';
import type { ClaimMount } from './claim-mounts.ts';

/** Something that fills: bytes or inodes of a volume. */
export interface Volume {
  readonly name: string;
  /** The volume claim that it is; null for disks and databases. */
  readonly claim: string | null;
  readonly what: 'bytes' | 'inodes';
  readonly used: Points;
  readonly capacity: Points;
}

export const BACK_MS = 6 * 3_600_000;
const STEP_MS = 120_000;

/** The kubelet; OpenTelemetry's kubeletstats, now. `available` is what an ordinary user may still take. */
const CLAIM_NAMES =
  'kubelet_volume_stats_(available_bytes|capacity_bytes|inodes_free|inodes)|k8s[._]volume[._](available|capacity)(_bytes)?|k8s[._]volume[._]inodes([._]free)?';
/** node_exporter; OpenTelemetry's node metrics. */
const NODE_NAMES =
  'node_filesystem_(avail_bytes|size_bytes|files_free|files)|k8s[._]node[._]filesystem[._](available|capacity)(_bytes)?';
const NO_DISKS = 'tmpfs|ramfs|overlay|squashfs|iso9660|nsfs|proc|sysfs|cgroup2?';

type Role = 'available' | 'capacity' | 'inodes-free' | 'inodes';

function roleOf(metric: string): Role | null {
  const name = metric.replaceAll('.', '_');
  if (/_(available|avail)(_bytes)?$/.test(name)) return 'available';
  if (/_(capacity|size)(_bytes)?$/.test(name)) return 'capacity';
  if (/_(inodes_free|files_free)$/.test(name)) return 'inodes-free';
  return /_(inodes|files)$/.test(name) ? 'inodes' : null;
}

/** Volume claims of the workload, and the disks of the nodes that its pods run on: two queries. */
export async function readVolumes(
  incident: IncidentView,
  mounts: readonly ClaimMount[],
  ctx: Pick<ReadContext, 'metrics' | 'cluster' | 'now'>,
): Promise<{ readonly volumes: readonly Volume[]; readonly queries: readonly string[]; readonly at: number }> {
  const at = wholeSecond(ctx.now());
  const { subject } = incident;
  const claims = claimQuery(subject);
  const nodes = nodeQuery(ctx.cluster.podsOf(subject).flatMap((pod) => pod.nodeName ?? []));
  const range = (query: string) => ctx.metrics.range(query, at - BACK_MS, at, STEP_MS);
  const claimed = volumesOf((await range(claims)).series, (labels) => {
    const claim = labels.persistentvolumeclaim ?? labels.k8s_persistentvolumeclaim_name ?? '';
    return isClaimOf(claim, incident, mounts) ? { name: `PVC ${claim}`, claim } : null;
  });
  const onNodes = nodes === null ? [] : volumesOf((await range(nodes)).series, nodeVolumeName);
  return { volumes: [...claimed, ...onNodes], queries: [claims, ...(nodes === null ? [] : [nodes])], at };
}

function claimQuery({ namespace }: Subject): string {
  const keep = '__name__, persistentvolumeclaim, k8s_persistentvolumeclaim_name';
  return ['namespace', 'exported_namespace', 'k8s_namespace_name']
    .map((label) => `max by (${keep}) ({__name__=~${promqlString(CLAIM_NAMES)},${label}=${promqlString(namespace)}})`)
    .join('\nor ');
}

/** Its pod template names it, or it is named after a StatefulSet; any other claim counts when the alert names it, as text that is compared only. */
function isClaimOf(claim: string, { subject, signals }: IncidentView, mounts: readonly ClaimMount[]): boolean {
  if (claim === '') return false;
  if (mounts.some((mount) => mount.claim === claim)) return true;
  const own = new RegExp(`^.+-${escapeRegex(subject.name)}-[0-9]+$`);
  if (subject.kind === 'StatefulSet' && own.test(claim)) return true;
  return signals.some((signal) => signal.labels.persistentvolumeclaim === claim);
}

function nodeQuery(names: readonly string[]): string | null {
  const nodes = [...new Set(names)].slice(0, 10);
  if (nodes.length === 0) return null;
  const pattern = nodes.map(escapeRegex).join('|');
  const keep = '__name__, node, nodename, kubernetes_node, k8s_node_name, instance, mountpoint, device';
  const by = [
    ...['node', 'nodename', 'kubernetes_node', 'k8s_node_name'].map((label) => `${label}=~${promqlString(pattern)}`),
    `instance=~${promqlString(`(${pattern})(:[0-9]+)?`)},node="",nodename="",kubernetes_node="",k8s_node_name=""`,
  ];
  return by
    .map((place) => `max by (${keep}) ({__name__=~${promqlString(NODE_NAMES)},fstype!~"${NO_DISKS}",${place}})`)
    .join('\nor ');
}

function nodeVolumeName(labels: Readonly<Record<string, string>>): Named {
  const node =
    labels.node ?? labels.nodename ?? labels.kubernetes_node ?? labels.k8s_node_name ?? labels.instance ?? '';
  return { name: `${labels.mountpoint ?? 'the disk'} of node ${node.replace(/:\d+$/, '')}`, claim: null };
}

type Named = Pick<Volume, 'name' | 'claim'>;

function volumesOf(
  series: readonly RangeSeries[],
  nameOf: (labels: Readonly<Record<string, string>>) => Named | null,
): readonly Volume[] {
  const byName = new Map<string, Named & { readonly roles: Map<Role, Points> }>();
  for (const one of series) {
    const named = nameOf(one.labels);
    const role = roleOf(one.labels.__name__ ?? '');
    if (named === null || role === null) continue;
    const { roles } = byName.get(named.name) ?? { roles: new Map<Role, Points>() };
    byName.set(named.name, { ...named, roles });
    const held = roles.get(role) ?? new Map<number, number>();
    maxInto(held, finitePoints(one));
    roles.set(role, held);
  }
  return [...byName.values()].flatMap(({ roles, ...named }) => [
    ...volumeOf(named, 'bytes', roles.get('available'), roles.get('capacity')),
    ...volumeOf(named, 'inodes', roles.get('inodes-free'), roles.get('inodes')),
  ]);
}

function volumeOf(
  named: Named,
  what: Volume['what'],
  free: Points | undefined,
  capacity: Points | undefined,
): Volume[] {
  if (free === undefined || capacity === undefined) return [];
  const used = new Map(
    [...free].flatMap(([when, value]) => {
      const all = capacity.get(when);
      return all === undefined || all <= 0 ? [] : [[when, Math.max(0, all - value)] as const];
    }),
  );
  return [{ ...named, what, used, capacity }];
}

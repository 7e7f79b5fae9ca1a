import { commandText } from '../../src/domain/command-text.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { Subject } from '../../src/domain/subject.ts';
import type { IncidentView, ReadContext } from '../../src/plugin/context.ts';
import type { Points } from '../../src/workload-metrics/index.ts';
import type { LatestChange } from '../../src/workload-traces/index.ts';
import { ifAnswered, latestChange } from '../../src/workload-traces/index.ts';
import type { ClaimMount } from './claim-mounts.ts';
import type { Volume } from './volumes.ts';

/** The change with which a volume began to fill, the command that mends it, and what the summary says of either. */
export type AboutIt = Pick<Finding, 'change' | 'mend'> & { readonly text: string };

interface Filled {
  readonly incident: IncidentView;
  readonly mounts: readonly ClaimMount[];
  readonly capacity: number;
  readonly at: number;
}

const MINUTE_MS = 60_000;
/** A rollout takes its time, and the series has a point every two minutes. */
const CHANGED_BEFORE_MS = 15 * MINUTE_MS;
const CHANGED_AFTER_MS = 4 * MINUTE_MS;
/** Up to this share of what was added since, the climb has not begun. */
const BEGUN_SHARE = 0.1;

/** Only of claims: what fills the disk of a node or a database may belong to anybody. */
export async function whatAboutIt(
  volume: Volume,
  { incident, mounts, capacity, at }: Filled,
  ctx: Pick<ReadContext, 'cluster' | 'signal'>,
): Promise<AboutIt> {
  const { claim } = volume;
  if (claim === null) return { text: '' };
  const { subject, workload } = incident;
  const begunAt = climbBegan(volume.used, at);
  const latest = await latestChange(workload, ctx);
  const change = latest !== null && isAround(latest, begunAt) ? latest : null;
  const since = change === null || begunAt === null ? '' : `; it fills since ${clock(begunAt)}`;
  const growth = volume.what === 'inodes' ? null : await growthOf(subject, claim, ctx);
  const mend =
    growth?.allowed === true
      ? growCommand(subject, claim, capacity)
      : (undoCommand(subject, change) ?? lookCommand(subject, mounts, volume, ctx));
  return {
    text: `${since}${growth === null ? '' : `; ${growth.text}`}`,
    ...(change === null ? {} : { change: change.change }),
    ...(mend === null ? {} : { mend }),
  };
}

/** The last moment at which it was nearly as empty as it had been at its emptiest; null where it has not grown. */
function climbBegan(used: Points, at: number): number | null {
  const points = [...used].filter(([when]) => when <= at).toSorted(([a], [b]) => a - b);
  const now = points.at(-1)?.[1];
  if (now === undefined) return null;
  const least = Math.min(...points.map(([, value]) => value));
  if (least >= now) return null;
  return points.findLast(([, value]) => value <= least + (now - least) * BEGUN_SHARE)?.[0] ?? null;
}

function isAround({ change }: LatestChange, begunAt: number | null): boolean {
  if (change.at === null || begunAt === null) return false;
  return change.at >= begunAt - CHANGED_BEFORE_MS && change.at <= begunAt + CHANGED_AFTER_MS;
}

/** Whether the claim may be made larger; null where nobody can tell. */
async function growthOf(
  { namespace }: Subject,
  name: string,
  ctx: Pick<ReadContext, 'cluster' | 'signal'>,
): Promise<{ readonly allowed: boolean; readonly text: string } | null> {
  const [claims, classes] = await Promise.all([
    ifAnswered(ctx.cluster.volumeClaims(namespace, ctx.signal)),
    ifAnswered(ctx.cluster.storageClasses(ctx.signal)),
  ]);
  const storageClass = claims?.find((claim) => claim.name === name)?.storageClass ?? null;
  const found = classes?.find((one) => one.name === storageClass);
  if (found === undefined) return null;
  const says = found.allowsExpansion ? 'allows it to grow' : 'does not allow it to grow';
  return { allowed: found.allowsExpansion, text: `StorageClass ${found.name} ${says}` };
}

/** Half as much again, in whole gibibytes. */
function growCommand({ namespace }: Subject, claim: string, capacity: number): string {
  const storage = `${Math.ceil((capacity * 1.5) / 2 ** 30)}Gi`;
  const patch = JSON.stringify({ spec: { resources: { requests: { storage } } } });
  return commandText('kubectl', '-n', namespace, 'patch', 'pvc', claim, '-p', patch);
}

/** Back to the revision that did not fill it; what is in the volume by now stays. */
function undoCommand({ kind, namespace, name }: Subject, change: LatestChange | null): string | null {
  if (change === null || change.before === null) return null;
  const to = `--to-revision=${change.before.revision}`;
  return commandText('kubectl', '-n', namespace, 'rollout', 'undo', `${kind.toLowerCase()}/${name}`, to);
}

/** What takes the room, where nothing else can be named. */
function lookCommand(
  subject: Subject,
  mounts: readonly ClaimMount[],
  { claim, what }: Volume,
  ctx: Pick<ReadContext, 'cluster'>,
): string | null {
  const mount = mounts.find((one) => one.claim === claim);
  const pod = ctx.cluster.podsOf(subject).find(({ ready, terminating }) => ready && !terminating);
  if (mount === undefined || pod === undefined) return null;
  const count = what === 'inodes' ? ['du', '--inodes', '-xd', '2'] : ['du', '-xkd', '2'];
  const into = ['-n', subject.namespace, 'exec', pod.name, '-c', mount.container];
  return commandText('kubectl', ...into, '--', ...count, mount.path);
}

function clock(at: number): string {
  return `${new Date(at).toISOString().slice(11, 16)}Z`;
}

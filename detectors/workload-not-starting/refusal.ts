import { commandText } from '../../src/domain/command-text.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import { ifAnswered } from '../../src/workload-traces/index.ts';
import type { Because } from './because.ts';
import { quotaIn, refusalText } from './event-text.ts';
import type { StuckPod } from './judge.ts';
import type { WorkloadNotStartingConfig } from './schema.ts';

/** Pods that are missing altogether, by the Events of what should create them; null where none says so. */
export async function refusalByEvents(
  { subject }: WorkloadView,
  config: WorkloadNotStartingConfig,
  ctx: Pick<ReadContext, 'cluster' | 'signal' | 'now'>,
): Promise<{ readonly stuck: StuckPod; readonly because: Because } | null> {
  const [newest] = (await ifAnswered(ctx.cluster.revisions(subject, ctx.signal))) ?? [];
  const creator = newest === undefined ? subject : { namespace: subject.namespace, name: newest.name, uid: newest.uid };
  const events = (await ifAnswered(ctx.cluster.eventsAbout(creator, ctx.signal))) ?? [];
  const failed = events.find(({ reason, firstAt, lastAt }) => {
    if (reason !== 'FailedCreate' || firstAt === null || lastAt === null) return false;
    // The controller backs off up to a quarter of an hour between two attempts.
    return ctx.now() - firstAt >= config.refusedFor && ctx.now() - lastAt < 20 * 60_000;
  });
  if (failed === undefined) return null;
  const name = quotaIn(failed.message);
  const quotas = name === null ? [] : ((await ifAnswered(ctx.cluster.quotas(subject.namespace, ctx.signal))) ?? []);
  const quota = quotas.find((one) => one.name === name);
  const full = Object.entries(quota?.hard ?? {}).map(([key, hard]) => `${key} ${quota?.used[key] ?? '0'} of ${hard}`);
  const told = name === null ? refusalText(failed.message) : `quota ${name} is used up`;
  const text = `its pods may not be created: ${told}${full.length > 0 ? ` (${full.slice(0, 4).join(', ')})` : ''}`;
  return {
    stuck: { pod: '', container: '', reason: 'FailedCreate', text, confidence: 0.95 },
    because: {
      text,
      mend: name === null ? null : commandText('kubectl', '-n', subject.namespace, 'edit', 'quota', name),
      read: { events: [failed], ...(quota ? { quota } : {}) },
    },
  };
}

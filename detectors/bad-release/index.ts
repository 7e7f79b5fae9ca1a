import { commandText } from '../../src/domain/command-text.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { IncidentView, ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import { readPodEnds, readServedByPod } from '../../src/workload-metrics/index.ts';
import type { Crashing } from './crashing.ts';
import { crashingRevision } from './crashing.ts';
import type { Comparison, Figures } from './judge.ts';
import { compare, newestOf } from './judge.ts';
import { changedImages, liveHashes, readImages, revisionsOf } from './revisions.ts';
import { BadReleaseConfig } from './schema.ts';
import { whatChanged } from './what-changed.ts';

/** What is looked at before the earliest release that may be blamed, so that there is a revision to compare with. */
const BEFORE_MS = 20 * 60_000;

export const badRelease = defineDetector<BadReleaseConfig>({
  id: 'bad-release',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: BadReleaseConfig,
  async detect(incident, config, ctx) {
    const callees = config.depth === 0 ? [] : await ctx.topology.calleesOf(incident.workload, config.depth);
    const findings: Finding[] = [];
    for (const { subject } of [incident.workload, ...callees].slice(0, config.maxWorkloads)) {
      const verdict = await judgeWorkload(subject, incident.since, config, ctx);
      if (verdict !== null) findings.push(await findingOf(subject, verdict, config, ctx));
    }
    return findings;
  },
});

interface Verdict {
  readonly before: string;
  readonly after: string;
  /** When the new revision began (Unix ms). */
  readonly at: number;
  readonly comparison: Comparison | null;
  readonly crashing: Crashing | null;
  readonly queries: readonly string[];
}

async function judgeWorkload(
  subject: Subject,
  since: IncidentView['since'],
  config: BadReleaseConfig,
  ctx: ReadContext,
): Promise<Verdict | null> {
  const live = liveHashes(subject, ctx.cluster);
  const backMs = config.within + BEFORE_MS;
  const served = await readServedByPod(subject, backMs, ctx);
  if (served !== null) {
    const pair = newestOf(revisionsOf(served.pods, subject, live), { at: served.at, from: served.at - backMs, config });
    const comparison = pair && compare(pair, { at: served.at, since, config });
    if (pair && comparison) {
      const { before, after } = pair;
      return {
        before: before.hash,
        after: after.hash,
        at: after.from,
        comparison,
        crashing: null,
        queries: served.queries,
      };
    }
  }
  const { ends, query } = await readPodEnds(subject, ctx.cluster.podsOf(subject), backMs, ctx);
  const crashing = crashingRevision(ends, subject, live);
  // A revision that was there when the look back begins may be older than that.
  if (crashing === null || crashing.from < ctx.now() - config.within) return null;
  return {
    before: crashing.before,
    after: crashing.hash,
    at: crashing.from,
    comparison: null,
    crashing,
    queries: query === null ? [] : [query],
  };
}

async function findingOf(
  subject: Subject,
  verdict: Verdict,
  config: BadReleaseConfig,
  ctx: ReadContext,
): Promise<Finding> {
  const { before, after, at, comparison, crashing } = verdict;
  const live = liveHashes(subject, ctx.cluster);
  const { images, query } = await readImages(subject, config.within + BEFORE_MS, live, ctx);
  const changed = changedImages(images.get(before), images.get(after));
  const told = await whatChanged(subject, verdict, ctx);
  const fields = told !== null && told.fields.length > 0 ? told.fields : changed;
  const what = fields.length > 0 ? fields.join(', ') : 'its pod template';
  const cause = told?.cause ? ` (${told.cause})` : '';
  return {
    id: ctx.newId(),
    detector: 'bad-release',
    reason: 'bad-release',
    subject,
    confidence: confidenceOf(verdict),
    summary: `${subjectName(subject)}: revision ${after} (${what}) ${comparison ? seen(comparison) : crashText(crashing)}; revision ${before} ${comparison ? wasText(comparison) : 'did not'}`,
    figures: { ...figuresOf(comparison, crashing), beganAt: at },
    evidence: [...verdict.queries, query].flatMap((one) => ctx.metrics.evidenceOf(one) ?? []),
    change: { what: `${what}: revision ${before} -> ${after}${cause}`, by: told?.by ?? null, at },
    mend: commandText(
      'kubectl',
      '-n',
      subject.namespace,
      'rollout',
      'undo',
      `${subject.kind.toLowerCase()}/${subject.name}`,
    ),
  };
}

/** Side by side both revisions have the same load and the same dependencies: what differs is the release. Before and after may be chance. */
function confidenceOf({ comparison, crashing }: Verdict): number {
  if (comparison === null) return crashing?.outOfMemory ? 0.96 : 0.95;
  if (comparison.by === 'errors') return comparison.sideBySide ? 0.97 : 0.9;
  return comparison.sideBySide ? 0.95 : 0.85;
}

function seen({ by, after }: Comparison): string {
  return by === 'errors' ? `fails ${percent(after.errorShare)} of requests` : `takes ${secondsText(after)} a request`;
}

function wasText({ by, before }: Comparison): string {
  return by === 'errors' ? `fails ${percent(before.errorShare)}` : `takes ${secondsText(before)}`;
}

function crashText(crashing: Crashing | null): string {
  if (crashing === null) return '';
  const how = crashing.outOfMemory ? 'is killed for want of memory' : 'ends by itself';
  return `${how} in ${crashing.podsCrashing} of its ${crashing.pods} pods, up to ${crashing.restarts} times`;
}

function figuresOf(comparison: Comparison | null, crashing: Crashing | null): Record<string, number> {
  if (comparison === null) {
    if (crashing === null) return {};
    return { restarts: crashing.restarts, podsAffected: crashing.podsCrashing, pods: crashing.pods };
  }
  const { before, after } = comparison;
  const told = {
    errorShare: after.errorShare,
    errorShareBefore: before.errorShare,
    meanSeconds: after.meanSeconds,
    meanSecondsBefore: before.meanSeconds,
    ratePerS: after.ratePerS,
    sideBySide: comparison.sideBySide ? 1 : 0,
  };
  return Object.fromEntries(Object.entries(told).filter((entry): entry is [string, number] => entry[1] !== null));
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

function secondsText({ meanSeconds }: Figures): string {
  return meanSeconds === null ? 'an unknown time' : `${Number(meanSeconds.toPrecision(2))} s`;
}

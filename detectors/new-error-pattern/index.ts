import type { Finding } from '../../src/domain/finding.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { IncidentView, ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import { errorText, labelsIn, ONLY_LOGS, tracedErrorOf, troublesOf } from '../../src/workload-logs/index.ts';
import { ifReadable } from '../../src/workload-metrics/index.ts';
import { latestChange } from '../../src/workload-traces/index.ts';
import { isBesideKnown, type NewError, newErrorsIn } from './judge.ts';
import { NewErrorPatternConfig } from './schema.ts';
import { type Since, sinceRelease } from './since-release.ts';

/** An error shows in the log that was not there before: since a release, or by itself. */
export const newErrorPattern = defineDetector<NewErrorPatternConfig>({
  id: 'new-error-pattern',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  explains: ['errors'],
  config: NewErrorPatternConfig,
  async detect(incident, config, ctx) {
    // Logs alone show it: without metrics there are only fewer callees.
    const asked = ctx.topology.calleesOf(incident.workload, config.depth);
    const callees = (await ifReadable(asked)) ?? [];
    const findings: Finding[] = [];
    for (const workload of [incident.workload, ...callees].slice(0, config.maxWorkloads)) {
      findings.push(...(await findingsOn(workload, incident, config, ctx)));
    }
    return findings;
  },
});

/** What came with a release apart from what came by itself; of each the error of most lines speaks. */
async function findingsOn(
  workload: WorkloadView,
  { since }: Pick<IncidentView, 'since'>,
  config: NewErrorPatternConfig,
  ctx: ReadContext,
): Promise<readonly Finding[]> {
  const logs = await ctx.logs.around(workload, since);
  if (!logs.known) return [];
  const byItself: NewError[] = [];
  const released: { readonly error: NewError; readonly since: Since }[] = [];
  const troubles = troublesOf(logs);
  const errors = newErrorsIn(troubles, logs, config, ctx.now()).slice(0, MOST_ERRORS);
  if (errors.length === 0) return [];
  const latest = await latestChange(workload, ctx);
  for (const error of errors) {
    const came = sinceRelease(error.trouble, { logs, workload, latest, config, cluster: ctx.cluster });
    if (came === null) byItself.push(error);
    else released.push({ error, since: came });
  }
  const told = { workload, beside: isBesideKnown(troubles, logs, config), evidence: logs.evidence, ctx };
  const [first] = released;
  const [own] = byItself;
  return [
    ...(first ? [findingOf({ ...told, ...first, more: released.length - 1 })] : []),
    ...(own ? [findingOf({ ...told, error: own, since: null, more: byItself.length - 1 })] : []),
  ];
}

/** More kinds of new errors at once are told by their number. */
const MOST_ERRORS = 5;

interface ToTell {
  readonly workload: WorkloadView;
  readonly error: NewError;
  readonly since: Since | null;
  /** Other new errors of the same origin. */
  readonly more: number;
  /** Something that is known not to be an error of the code began as well. */
  readonly beside: boolean;
  readonly evidence: string;
  readonly ctx: ReadContext;
}

function findingOf({ workload: { subject }, error, since, more, beside, evidence, ctx }: ToTell): Finding {
  const { trouble, lines, failed, share } = error;
  const others = more === 0 ? '' : `; ${more} more kinds of new errors`;
  return {
    id: ctx.newId(),
    detector: 'new-error-pattern',
    reason: since === null ? 'application-error' : 'bad-release',
    subject,
    confidence: confidenceOf(error, since, beside),
    summary: `${subjectName(subject)}: ${errorLine(error)}${since === null ? '' : sinceText(since)}${others}`,
    figures: {
      lines,
      failedLines: failed,
      linesPerMinute: trouble.perMinute,
      beganAt: trouble.firstAt,
      ...(share === null ? {} : { loggedShare: share }),
    },
    evidence: [evidence],
    ...(since?.change ? { change: since.change } : {}),
    unsettled: ONLY_LOGS,
  };
}

/** An exception with a place in the program's own code is a fact about the code; a line at error level may be anything. */
function confidenceOf({ trouble, failed }: NewError, since: Since | null, beside: boolean): number {
  const traced = tracedErrorOf(trouble);
  const isOurs = (traced?.ownFrame ?? null) !== null;
  const sure = isOurs ? 0.75 : traced !== null || trouble.exception !== null ? 0.65 : 0.5;
  // Nobody's request is known to fail of it.
  const felt = sure - (failed > 0 ? 0 : 0.15) - (beside ? 0.25 : 0);
  return since !== null && since.release === null ? Math.min(felt, 0.6) : felt;
}

function errorLine({ trouble, lines, share }: NewError): string {
  const ownFrame = tracedErrorOf(trouble)?.ownFrame ?? null;
  const routes = labelsIn(trouble, 'route');
  const [route] = routes;
  const on =
    route === undefined ? '' : ` on ${route}${routes.length > 1 ? ` and ${routes.length - 1} more routes` : ''}`;
  const inside = ownFrame === null ? '' : `, in ${ownFrame.slice(0, FRAME_CHARS)}`;
  const of = share === null ? '' : `, ${Number((share * 100).toPrecision(2))} % of what was answered`;
  return `new error ${JSON.stringify(errorText(trouble))}${on}${inside}, ${lines} lines since ${timeText(trouble.firstAt)}${of}`;
}

const FRAME_CHARS = 160;

function sinceText({ release, at }: Since): string {
  return release === null
    ? `, after the change of its pods at ${timeText(at)}`
    : `, only in release ${JSON.stringify(release)}, which began at ${timeText(at)}`;
}

function timeText(at: number): string {
  return new Date(at).toISOString().slice(11, 16);
}

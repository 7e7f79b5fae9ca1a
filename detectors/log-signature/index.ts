import type { Finding } from '../../src/domain/finding.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import { lineText, ONLY_LOGS, troublesOf } from '../../src/workload-logs/index.ts';
import { ifReadable } from '../../src/workload-metrics/index.ts';
import { LogSignatureConfig } from './schema.ts';
import { type Told, toldBy } from './told.ts';

/** A text that programs are known to log names the cause, and comes more often than before. Never more than a hint: it is what a log says. */
export const logSignature = defineDetector<LogSignatureConfig>({
  id: 'log-signature',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  explains: ['connections'],
  config: LogSignatureConfig,
  async detect(incident, config, ctx) {
    // Logs alone show it: without metrics there are only fewer callees.
    const asked = ctx.topology.calleesOf(incident.workload, config.depth);
    const callees = (await ifReadable(asked)) ?? [];
    const findings: Finding[] = [];
    for (const workload of [incident.workload, ...callees].slice(0, config.maxWorkloads)) {
      const logs = await ctx.logs.around(workload, incident.since);
      if (!logs.known) continue;
      for (const told of toldBy(troublesOf(logs))) {
        if (isUnusual(told, config, ctx)) findings.push(findingOf(workload.subject, told, logs.evidence, ctx));
      }
    }
    return findings;
  },
});

/** Many programs log such a line now and then, and all is well. */
function isUnusual(
  { lines, perMinute, usualPerMinute, lastAt }: Told,
  config: LogSignatureConfig,
  { now }: Pick<ReadContext, 'now'>,
): boolean {
  if (lines < config.minLines || lastAt < now() - config.within) return false;
  return usualPerMinute === null || perMinute >= usualPerMinute * config.minRatio;
}

function findingOf(subject: Subject, told: Told, evidence: string, ctx: ReadContext): Finding {
  const { reason, match, trouble, lines, perMinute, usualPerMinute, firstAt } = told;
  const usual = usualPerMinute === null ? {} : { usualLinesPerMinute: usualPerMinute };
  return {
    id: ctx.newId(),
    detector: 'log-signature',
    reason,
    subject,
    // Below what a detector that measures says, and lower still where nobody knows what is usual.
    confidence: usualPerMinute === null ? 0.4 : 0.55,
    summary: `${subjectName(subject)} logs that ${match.signature.says}: ${lines} lines since ${timeText(firstAt)}, ${usualText(usualPerMinute)} (${JSON.stringify(lineText(trouble))})`,
    figures: { lines, linesPerMinute: perMinute, ...usual, ...match.figures },
    evidence: [evidence],
    unsettled: ONLY_LOGS,
  };
}

function usualText(usualPerMinute: number | null): string {
  if (usualPerMinute === null) return 'what is usual is not known';
  return usualPerMinute === 0 ? 'none in the hour before' : `usually ${Number(usualPerMinute.toPrecision(2))} a minute`;
}

function timeText(at: number): string {
  return new Date(at).toISOString().slice(11, 16);
}

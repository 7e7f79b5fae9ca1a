import type { Finding } from '../../src/domain/finding.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import type { HeardLogs } from '../../src/ports/workload-logs.ts';
import { errorText, labelsIn, type Trouble, troublesOf } from '../../src/workload-logs/index.ts';
import { medianOf } from '../../src/workload-metrics/index.ts';
import type { ErrorBurstConfig } from './schema.ts';

const MINUTE_MS = 60_000;
/** What is newest is still being counted; of the rest so much tells how it is now. */
const NEWEST_MINUTES = 5;
/** With fewer minutes of the quiet time nobody knows what is usual. */
const MIN_USUAL_MINUTES = 10;
const KINDS_TOLD = 3;

/** A burst as the lines about answered requests tell it, where no metrics do: what answers is logged, not only what fails. */
export function burstInLog(
  subject: Subject,
  logs: HeardLogs & { readonly evidence: string },
  config: ErrorBurstConfig,
  ctx: Pick<ReadContext, 'newId' | 'now'>,
): readonly Finding[] {
  const minutes = perMinute(logs).filter(({ answered }) => answered / 60 >= config.minRatePerS);
  const full = Math.floor(ctx.now() / MINUTE_MS) * MINUTE_MS;
  const newest = minutes.filter(({ minute }) => minute >= full - NEWEST_MINUTES * MINUTE_MS && minute < full);
  const before = minutes.filter(({ minute }) => minute >= logs.from && minute < logs.recentFrom);
  const current = medianOf(newest.map(({ failed, answered }) => failed / answered));
  const usual = medianOf(before.map(({ failed, answered }) => failed / answered));
  const rate = medianOf(newest.map(({ answered }) => answered / 60));
  if (current === null || usual === null || rate === null || before.length < MIN_USUAL_MINUTES) return [];
  if (current < config.minShare || current < usual * config.minRatio) return [];
  return [
    {
      id: ctx.newId(),
      detector: 'error-burst',
      reason: 'error-burst',
      subject,
      confidence: 0.65,
      summary: `${subjectName(subject)} fails ${percent(current)} of its requests by what it logs, usually ${percent(usual)}, at ${Number(rate.toPrecision(3))} requests/s${linesText(logs)}`,
      figures: { failedShare: current, usualShare: usual, ratePerS: rate },
      evidence: [logs.evidence],
    },
  ];
}

/** Releases together. */
function perMinute({ minutes }: HeardLogs): readonly { minute: number; answered: number; failed: number }[] {
  const sums = new Map<number, { minute: number; answered: number; failed: number }>();
  for (const { minute, answered, failed } of minutes) {
    const sum = sums.get(minute) ?? { minute, answered: 0, failed: 0 };
    sum.answered += answered;
    sum.failed += failed;
    sums.set(minute, sum);
  }
  return [...sums.values()];
}

/** What stands behind the failures in the log: `; its log: 42 lines "..." on /orders/*, release "2.4.0"`; empty when it shows none. */
export function linesText(logs: HeardLogs): string {
  const kinds = troublesOf(logs)
    .map((trouble) => ({ trouble, failed: failedLines(trouble) }))
    .filter(({ failed }) => failed > 0)
    .toSorted((a, b) => b.failed - a.failed);
  if (kinds.length === 0) return '';
  const told = kinds.slice(0, KINDS_TOLD).map(({ trouble, failed }) => kindText(trouble, failed));
  const more = kinds.length > KINDS_TOLD ? ` and ${kinds.length - KINDS_TOLD} more kinds` : '';
  return `; its log: ${told.join(', ')}${more}`;
}

function kindText(trouble: Trouble, failed: number): string {
  const [route] = labelsIn(trouble, 'route');
  const [release] = labelsIn(trouble, 'release');
  const on = route === undefined ? '' : ` on ${route}`;
  return `${failed} lines ${JSON.stringify(errorText(trouble))}${on}${release === undefined ? '' : ` in release ${release}`}`;
}

function failedLines({ groups }: Trouble): number {
  return groups.reduce((sum, { labels: { status }, recent }) => ((status ?? 0) >= 500 ? sum + recent : sum), 0);
}

export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

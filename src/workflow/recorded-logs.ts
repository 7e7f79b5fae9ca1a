import { subjectName } from '../domain/subject.ts';
import type { ReadContext, RecordedLogs, RecordedWorkloadLogs } from '../plugin/context.ts';
import type { HeardLogs, LogGroup, WorkloadLogsReader } from '../ports/workload-logs.ts';

/** As many lines as a person on call reads. */
const LINES_SHOWN = 12;
const LINE_CHARS = 1_000;
/** Of a stack trace its beginning: what it says, and where. */
const LINES_OF_EXAMPLE = 12;

/** Log events whose answers are kept as evidence: the dozen lines that matter. Detectors that ask for the same get the same answer. */
export function recordLogs(logs: WorkloadLogsReader, now: number, keep: Recording): RecordedLogs {
  const asked = new Map<string, Promise<RecordedWorkloadLogs>>();
  return {
    around(workload, since) {
      const key = `${workload.subject.uid} ${since}`;
      const known = asked.get(key);
      if (known !== undefined) return known;
      const answer = logs.around(workload, since, now).then((heard): RecordedWorkloadLogs => {
        if (!heard.known) return heard;
        const { from, to } = heard;
        const name = subjectName(workload.subject);
        const told = linesThatMatter(heard);
        const id = keep({
          kind: 'log-patterns',
          source: 'logs',
          title: `${told.length} of ${heard.groups.length} kinds of lines in the log of ${name}${heard.cut ? ', and there are more' : ''}`,
          query: `log events of ${name}, by pattern, since ${new Date(from).toISOString()}`,
          body: { quietFrom: from, comparedFrom: heard.recentFrom, lines: told },
          from,
          to,
        });
        return { ...heard, evidence: id };
      });
      asked.set(key, answer);
      return answer;
    },
  };
}

type Recording = (item: Parameters<ReadContext['keep']>[0] & { from?: number; to?: number }) => string;

/** What is new or failed first, then what comes most. */
function linesThatMatter({ groups }: HeardLogs) {
  return groups
    .filter(({ recent }) => recent > 0)
    .toSorted((a, b) => weightOf(b) - weightOf(a))
    .slice(0, LINES_SHOWN)
    .map(({ template, labels, before, recent, firstAt, example }) => ({
      lines: recent,
      linesBefore: before,
      firstAt: firstAt === null ? null : new Date(firstAt).toISOString(),
      ...Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== null)),
      template: template.slice(0, LINE_CHARS),
      ...(example === null ? {} : { example: beginningOf(example.line), pod: example.pod, traceId: example.traceId }),
    }));
}

function weightOf({ labels: { status, level, exception }, before, recent }: LogGroup): number {
  const isBad = (status ?? 0) >= 500 || level === 'error' || level === 'fatal' || exception !== null;
  return (isBad ? 4 : 1) * (before === 0 ? 2 : 1) * Math.log2(1 + recent);
}

function beginningOf(line: string): string {
  return line.split('\n', LINES_OF_EXAMPLE).join('\n').slice(0, LINE_CHARS);
}

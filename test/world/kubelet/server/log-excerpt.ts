/** What `pods/log` can ask for, in the words of the API (PodLogOptions). */
export interface LogQuery {
  readonly previous: boolean;
  readonly follow: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly sinceMs?: number;
}

/** Size of a log at a time; the processes write their logs themselves, so the time of a line is known only to the tick. */
export interface LogMark {
  readonly atMs: number;
  readonly bytes: number;
}

export function readLogQuery(url: URL, nowMs: number): LogQuery {
  const { searchParams } = url;
  const tailLines = count(searchParams.get('tailLines'));
  const limitBytes = count(searchParams.get('limitBytes'));
  const sinceSeconds = count(searchParams.get('sinceSeconds'));
  const sinceTime = Date.parse(searchParams.get('sinceTime') ?? '');
  const sinceMs = sinceSeconds === undefined ? sinceTime : nowMs - sinceSeconds * 1000;
  return {
    previous: searchParams.get('previous') === 'true',
    follow: searchParams.get('follow') === 'true',
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(Number.isNaN(sinceMs) ? {} : { sinceMs }),
  };
}

/** First the time, then the last lines of what is left, then the bytes: the order of the kubelet. */
export function excerpt(log: Buffer, query: LogQuery, marks: readonly LogMark[]): Buffer {
  let text = log.subarray(startOf(query.sinceMs, marks));
  if (query.tailLines !== undefined) text = text.subarray(startOfLastLines(text, query.tailLines));
  return query.limitBytes === undefined ? text : text.subarray(0, query.limitBytes);
}

/** All that was there at the last mark before the time is too old. */
function startOf(sinceMs: number | undefined, marks: readonly LogMark[]): number {
  if (sinceMs === undefined) return 0;
  return marks.findLast((it) => it.atMs < sinceMs)?.bytes ?? 0;
}

const NEWLINE = 10;

function startOfLastLines(text: Buffer, lines: number): number {
  if (lines === 0) return text.length;
  // The newline at the very end closes the last line and does not begin another.
  let at = text.at(-1) === NEWLINE ? text.length - 1 : text.length;
  for (let left = lines; left > 0 && at > 0; left -= 1) at = text.lastIndexOf(NEWLINE, at - 1);
  return at + 1 > text.length ? 0 : at <= 0 && text[0] !== NEWLINE ? 0 : at + 1;
}

function count(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
}

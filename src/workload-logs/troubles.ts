import type { TracedException } from '../log-patterns/events/log-event.ts';
import { exceptionIn } from '../log-patterns/events/stack-trace.ts';
import type { HeardLogs, LogExample, LogGroup } from '../ports/workload-logs.ts';

/** One kind of trouble in the log: groups of the same text and exception, whatever their route, release and status. */
export interface Trouble {
  readonly template: string;
  readonly exception: string | null;
  /** The groups of it, most lines first. */
  readonly groups: readonly LogGroup[];
  readonly before: number;
  readonly recent: number;
  /** Lines per minute, over the minutes that were compared. */
  readonly perMinute: number;
  /** Null where too little was heard before. */
  readonly usualPerMinute: number | null;
  /** When it began, at the earliest (Unix ms); the minute of its first line since the onset may lie. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly example: LogExample | null;
}

const MINUTE_MS = 60_000;
/** With less of the quiet time heard, nothing can be said of what is usual. */
const MIN_QUIET_MINUTES = 10;
/** Share of the words that must be the same, for templates with a part that varies in one of them. */
const MIN_SAME = 0.6;
const MOST_WORDS = 80;

/** Kinds of trouble that have lines since the onset may lie, most lines first. */
export function troublesOf(logs: HeardLogs): readonly Trouble[] {
  const kinds: Kind[] = [];
  for (const group of logs.groups) {
    // Lines that are one too many of a flood are not told apart: they are no kind.
    if (group.patternId === 'overflow') continue;
    const words = group.template.trim().split(/\s+/, MOST_WORDS);
    const kind = kinds.find((one) => isOfKind(group, words, one));
    if (kind === undefined)
      kinds.push({ patternId: group.patternId, exception: group.labels.exception, words, groups: [group] });
    else kind.groups.push(group);
  }
  return kinds
    .flatMap(({ groups }) => troubleOf(groups, logs) ?? [])
    .toSorted((a, b) => b.recent - a.recent || (a.template < b.template ? -1 : 1));
}

function troubleOf(groups: readonly LogGroup[], { from, recentFrom, quietMinutes }: HeardLogs): Trouble | null {
  const [first] = groups;
  const times = groups.flatMap(({ firstAt, lastAt }) => (firstAt === null || lastAt === null ? [] : [firstAt, lastAt]));
  if (first === undefined || times.length === 0) return null;
  const before = groups.reduce((sum, group) => sum + group.before, 0);
  const recent = groups.reduce((sum, group) => sum + group.recent, 0);
  const firstAt = Math.min(...times);
  const lastAt = Math.max(...times);
  // While it lasts: a burst of three minutes is not thinned by the quarter of an hour before it.
  const minutes = (lastAt - firstAt) / MINUTE_MS + 1;
  return {
    template: first.template,
    exception: first.labels.exception,
    groups,
    before,
    recent,
    perMinute: recent / minutes,
    usualPerMinute: quietMinutes < MIN_QUIET_MINUTES ? null : before / Math.max(1, (recentFrom - from) / MINUTE_MS),
    firstAt,
    lastAt,
    example: groups.find(({ example }) => example !== null)?.example ?? null,
  };
}

interface Kind {
  readonly patternId: string;
  readonly exception: string | null;
  readonly words: readonly string[];
  readonly groups: LogGroup[];
}

/**
 * Whether a group is of a kind. Ids alone do not tell: after a start of Hale a line is counted under a narrower pattern until more of
 * its kind were seen, and that must not look like a new error.
 */
function isOfKind(group: LogGroup, words: readonly string[], kind: Kind): boolean {
  if (group.labels.exception !== kind.exception) return false;
  return group.patternId === kind.patternId || isSameText(words, kind.words);
}

function isSameText(words: readonly string[], others: readonly string[]): boolean {
  if (words.length !== others.length) return false;
  let same = 0;
  for (const [index, word] of words.entries()) {
    const other = others[index] ?? '';
    if (word === other && !word.includes('<*>')) same += 1;
    else if (!word.includes('<*>') && !other.includes('<*>')) return false;
  }
  return same >= words.length * MIN_SAME;
}

/** The error that the example's stack trace is about, with the first place of the program's own code; null when it shows none. */
export function tracedErrorOf({ example }: Pick<Trouble, 'example'>): TracedException | null {
  return example === null ? null : exceptionIn(example.line.split('\n'));
}

const SHOWN_CHARS = 160;

/** The line as people read it: the example's first one, else the template. */
export function lineText({ example, template }: Pick<Trouble, 'example' | 'template'>): string {
  const [first = ''] = (example?.line.trim() || template).split('\n', 1);
  return shortened(first);
}

/** The error at the root of the example's stack trace, else the line itself. */
export function errorText(trouble: Pick<Trouble, 'example' | 'template'>): string {
  const traced = tracedErrorOf(trouble);
  return traced === null ? lineText(trouble) : shortened(`${traced.rootType}: ${traced.rootMessage}`);
}

function shortened(text: string): string {
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)} ...` : text;
}

/** The values of one label among its lines, most lines first. */
export function labelsIn({ groups }: Pick<Trouble, 'groups'>, label: 'route' | 'release'): readonly string[] {
  const counts = new Map<string, number>();
  for (const { labels, recent } of groups) {
    const value = labels[label];
    if (value !== null && recent > 0) counts.set(value, (counts.get(value) ?? 0) + recent);
  }
  return [...counts].toSorted((a, b) => b[1] - a[1]).map(([value]) => value);
}

import type { LogParserOutput, Pattern } from './schema.ts';

const BARS = '▁▂▃▄▅▆▇█';
const SPARKLINE = 32;
const LONGEST = 160;

/** One line a pattern: how many, what share, when, since when; then what is known of its errors, and an example. */
export function renderPatterns(output: LogParserOutput): readonly string[] {
  const { lines, events, patterns, morePatterns, givenUp, timed, firstAt, lastAt } = output;
  const formats = Object.entries(output.formats)
    .filter(([, count]) => count > 0)
    .map(([format, count]) => `${shown(count)} ${format}`);
  const span =
    firstAt === null || lastAt === null ? 'no times in the lines' : `${moment(firstAt)} to ${moment(lastAt)}`;
  return [
    `${shown(lines)} lines, ${shown(events)} events (${formats.join(', ') || 'none'}), ${shown(patterns.length + morePatterns)} patterns; ${span}`,
    '',
    `${'EVENTS'.padStart(10)} ${'SHARE'.padStart(7)}  ${(timed ? 'OVER TIME' : 'OVER LINES').padEnd(SPARKLINE)}  ${'FIRST SEEN'.padEnd(20)}  PATTERN`,
    ...patterns.flatMap((pattern) => linesOf(pattern, output)),
    ...(morePatterns > 0
      ? ['', `${shown(morePatterns)} more patterns with fewer events; --top tells how many are shown`]
      : []),
    ...(givenUp.patterns > 0
      ? [
          '',
          `! ${shown(givenUp.patterns)} rare patterns with ${shown(givenUp.events)} events were given up to stay within memory`,
        ]
      : []),
  ];
}

function linesOf(pattern: Pattern, { patterns }: LogParserOutput): string[] {
  const { events, share, firstAt, template, samples, levels, statuses, routes, exceptions, id } = pattern;
  const first = firstAt === null ? '-' : moment(firstAt);
  const [example] = samples;
  const facts = [counted(levels), counted(statuses), routes.join(' ')].filter((fact) => fact !== '');
  const indent = ' '.repeat(10 + 1 + 7 + 2);
  return [
    `${shown(events).padStart(10)} ${percent(share).padStart(7)}  ${sparkline(pattern.counts, usedBuckets(patterns))}  ${first.padEnd(20)}  ${cut(template)}`,
    `${indent}${id}${facts.length === 0 ? '' : `  ${cut(facts.join('; '))}`}`,
    ...exceptions.map(
      ({ rootType, rootMessage, ownFrame }) =>
        `${indent}${cut(`${rootType}${rootMessage === '' ? '' : `: ${rootMessage}`}`)}${ownFrame === null ? '' : `, at ${cut(ownFrame)}`}`,
    ),
    ...(example === undefined ? [] : [`${indent}e.g. ${cut(example)}`]),
  ];
}

/** All patterns share the buckets; those behind the last one with anything in it are left out. */
function usedBuckets(patterns: readonly Pattern[]): number {
  return Math.max(1, ...patterns.map(({ counts }) => counts.findLastIndex((count) => count > 0) + 1));
}

function sparkline(counts: readonly number[], used: number): string {
  const bars = Math.min(SPARKLINE, used);
  const sums = Array.from({ length: bars }, (_, bar) => {
    const [from, to] = [Math.floor((bar * used) / bars), Math.floor(((bar + 1) * used) / bars)];
    return counts.slice(from, to).reduce((sum, count) => sum + count, 0);
  });
  const most = Math.max(1, ...sums);
  return sums
    .map((sum) =>
      sum === 0 ? ' ' : (BARS[Math.min(BARS.length - 1, Math.floor((sum / most) * (BARS.length - 1)))] ?? ' '),
    )
    .join('')
    .padEnd(SPARKLINE);
}

function counted(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${shown(count)} ${name}`)
    .join(', ');
}

function cut(text: string): string {
  const line = text.replaceAll('\n', ' ');
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;
}

function shown(count: number): string {
  return count.toLocaleString('en');
}

function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

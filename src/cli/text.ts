import { stripVTControlCharacters, styleText } from 'node:util';

/** What the terminal can show. */
export interface Screen {
  readonly color: boolean;
  /** Characters in a line. */
  readonly width: number;
}

type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'strong';
const STYLES = { good: 'green', bad: 'red', warn: 'yellow', dim: 'dim', strong: 'bold' } as const satisfies Record<
  Tone,
  Parameters<typeof styleText>[0]
>;

/** The text in a tone, where the terminal has colours. */
export function paint(screen: Screen, tone: Tone, text: string): string {
  return screen.color ? styleText(STYLES[tone], text, { validateStream: false }) : text;
}

/** Left-aligned columns two spaces apart; the last one is wrapped to the width, with its lines under each other. */
export function table(screen: Screen, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = head.length > 0 ? [head, ...rows] : rows;
  const columns = Math.max(0, ...all.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...all.map((row) => shown(row[column] ?? ''))),
  );
  const indent = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const room = Math.max(20, screen.width - indent);
  return all.flatMap((row, index) => {
    const [first = '', ...more] = wrap(row[columns - 1] ?? '', room);
    const cells = row
      .slice(0, columns - 1)
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - shown(cell) + 2));
    const lines = [`${cells.join('')}${first}`, ...more.map((line) => ' '.repeat(indent) + line)];
    return index === 0 && head.length > 0 ? lines.map((line) => paint(screen, 'dim', line)) : lines;
  });
}

/** Words on lines of at most `width` characters, indented as their paragraph is; a longer word stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    const indent = /^ */.exec(paragraph)?.[0] ?? '';
    let line = indent;
    for (const word of paragraph.trimStart().split(' ')) {
      const empty = line === indent;
      if (!empty && shown(line) + 1 + shown(word) > width) {
        lines.push(line);
        line = indent + word;
      } else line += empty ? word : ` ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

/** Characters that are seen: without colour codes. */
function shown(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** `3 min`, `2.5 h`: how long something took or is ago. */
export function span(ms: number): string {
  if (ms < 60_000) return `${Math.max(0, Math.round(ms / 1_000))} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${(ms / 3_600_000).toFixed(1)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}

/** `2026-11-23 14:02:07Z` */
export function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** `14:02:07` */
export function clockTime(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}

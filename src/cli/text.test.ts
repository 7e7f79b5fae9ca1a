import { describe, expect, it } from 'vitest';
import { barChart } from './chart.ts';
import { printable, printableText } from './printable.ts';
import { paint, span, table, wrap } from './text.ts';

const PLAIN = { color: false, width: 40 };

describe('printable', () => {
  it.each([
    ['a title that clears the screen', 'down\u001b[2J', 'down\\u001b[2J'],
    ['one that goes back over the line', 'DENY\rpass', 'DENY\\u000dpass'],
    ['one that turns the direction of text', 'a\u202Eb', 'a\\u202eb'],
    ['an 8-bit control sequence', '\u009b31m', '\\u009b31m'],
    ['what is harmless', 'größer → 5\n\t√', 'größer → 5\n\t√'],
  ])('writes out %s', (_name, text, expected) => {
    expect(printableText(text)).toBe(expected);
  });

  it('reaches every string and key of a value, and leaves the rest', () => {
    const value = { 'k\u0007': ['\u001b', 1, null, { deep: '\u0000' }], ok: true };

    expect(printable(value)).toEqual({ 'k\\u0007': ['\\u001b', 1, null, { deep: '\\u0000' }], ok: true });
  });
});

describe('table', () => {
  it('aligns columns, whatever colours they have, and wraps the last', () => {
    const screen = { color: true, width: 40 };
    const rows = table(
      { ...PLAIN },
      ['gate', 'why'],
      [
        [paint(screen, 'bad', 'a'), 'short'],
        ['capacity-guard', 'one two three four five six'],
      ],
    );

    expect(rows.map((row) => row.replace(paint(screen, 'bad', 'a'), 'a'))).toEqual([
      'gate            why',
      'a               short',
      'capacity-guard  one two three four five',
      '                six',
    ]);
  });

  it('has no colour codes without colours', () => {
    expect(paint(PLAIN, 'bad', 'DENY')).toBe('DENY');
  });
});

it.each([
  ['a long line', 'aaa bbb ccc', 7, ['aaa bbb', 'ccc']],
  ['an indented one', '  aaa bbb', 6, ['  aaa', '  bbb']],
  ['a word longer than the line', 'a verylongword b', 5, ['a', 'verylongword', 'b']],
  ['several lines', 'a\nb', 5, ['a', 'b']],
  ['nothing', '', 5, ['']],
])('wraps %s', (_name, text, width, lines) => {
  expect(wrap(text, width)).toEqual(lines);
});

it.each([
  [-5, '0 s'],
  [59_000, '59 s'],
  [90_000, '2 min'],
  [5_400_000, '1.5 h'],
  [259_200_000, '3 d'],
])('%d ms are %s', (ms, text) => {
  expect(span(ms)).toBe(text);
});

describe('chart', () => {
  const format = (value: number): string => value.toFixed(1);
  const points = [1, 1, null, 4].map((value, index) => ({ at: index * 1_000, value }));

  it('draws columns to scale, gaps as gaps, the limit, and marks at their moment', () => {
    const rows = barChart(points, { width: 4, height: 4, format, limit: 2, marks: [{ at: 1_000, sign: '^' }] });

    expect(rows).toEqual(['4.0 │   █', '    │   █', '2.0 │╌╌╌█', '0.0 │██ █', '    └────', '      ^']);
  });

  it('is nothing without points, and empty with nothing but zeros', () => {
    const zeros = [0, 0].map((value, at) => ({ at, value }));

    expect(barChart([], { width: 4, height: 2, format })).toEqual([]);
    expect(barChart(zeros, { width: 9, height: 1, format })).toEqual(['1.0 │  ', '    └──']);
  });

  it('a sign near the end is whole', () => {
    const rows = barChart(points, { width: 4, height: 1, format, marks: [{ at: 3_000, sign: '^ apply' }] });

    expect(rows.at(-1)).toBe('        ^ apply');
  });
});

import { expect, test } from 'vitest';
import { excerpt, readLogQuery } from './log-excerpt.ts';

const LOG = Buffer.from('one\ntwo\nthree\n');
const MARKS = [
  { atMs: 1_000, bytes: 4 },
  { atMs: 2_000, bytes: 8 },
];
const query = (text: string) => readLogQuery(new URL(`https://node/?${text}`), 4_000);

test.each([
  ['', 'one\ntwo\nthree\n'],
  ['tailLines=1', 'three\n'],
  ['tailLines=2', 'two\nthree\n'],
  ['tailLines=3', 'one\ntwo\nthree\n'],
  ['tailLines=9', 'one\ntwo\nthree\n'],
  ['tailLines=0', ''],
  ['limitBytes=5', 'one\nt'],
  ['tailLines=2&limitBytes=4', 'two\n'],
  ['sinceSeconds=2', 'two\nthree\n'],
  ['sinceSeconds=1', 'three\n'],
  ['sinceSeconds=60', 'one\ntwo\nthree\n'],
  ['sinceTime=1970-01-01T00:00:01.5Z', 'two\nthree\n'],
  ['tailLines=x', 'one\ntwo\nthree\n'],
])('"%s"', (text, expected) => {
  expect(excerpt(LOG, query(text), MARKS).toString()).toBe(expected);
});

test.each([
  ['', 1, ''],
  ['no end', 1, 'no end'],
  ['a\nb', 1, 'b'],
  ['\n\n', 1, '\n'],
])('a log of %j, %d lines', (log, tailLines, expected) => {
  expect(excerpt(Buffer.from(log), { previous: false, follow: false, tailLines }, []).toString()).toBe(expected);
});

import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';

const faults = ['pool-too-small', 'database-limit'];

test('reads every option', () => {
  const words = ['--fault', 'database-limit', '--seed', '7', '--out', 'rows.jsonl', '--keep', '--prove'];

  expect(readArguments(words, faults)).toEqual({
    fault: 'database-limit',
    smoke: false,
    prove: true,
    proveKubelet: false,
    keep: true,
    out: 'rows.jsonl',
    seed: 7,
    help: false,
  });
});

test.each([
  { words: ['--fault', 'typo'], says: 'there is no such fault; one of pool-too-small, database-limit' },
  { words: ['--seed', '1.5'], says: '--seed 1.5: must be a whole number from 0 to 4294967295' },
  { words: ['--seed', ''], says: 'must be a whole number' },
  { words: ['--seed', '4294967296'], says: 'must be a whole number' },
  { words: ['--smoke', '--fault', 'pool-too-small'], says: 'only one of them' },
  { words: ['--frob'], says: '--frob' },
  { words: ['extra'], says: 'extra' },
])('refuses $words', ({ words, says }) => {
  expect(() => readArguments(words, faults)).toThrow(says);
});

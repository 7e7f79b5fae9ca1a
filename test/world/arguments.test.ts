import { expect, test } from 'vitest';
import { chooseFaults, readArguments } from './arguments.ts';

const all = [
  { id: 'pool-too-small', smoke: true },
  { id: 'database-limit', smoke: true },
  { id: 'quiet', smoke: false },
];

test('reads every option', () => {
  const words = ['--fault', 'database-limit,quiet', '--seed', '7', '--out', 'rows.jsonl', '--keep', '--prove'];

  expect(
    readArguments([...words, '--faults', 'others', '--no-alert-rules', '--elasticsearch', '--dossiers', 'told']),
  ).toEqual({
    faults: ['database-limit', 'quiet'],
    faultsFolder: 'others',
    smoke: false,
    prove: true,
    proveKubelet: false,
    keep: true,
    alertRules: false,
    logsThroughElasticsearch: true,
    dossiers: 'told',
    out: 'rows.jsonl',
    seed: 7,
    help: false,
  });
});

test.each([
  { words: ['--seed', '1.5'], says: '--seed 1.5: must be a whole number from 0 to 4294967295' },
  { words: ['--seed', ''], says: 'must be a whole number' },
  { words: ['--seed', '4294967296'], says: 'must be a whole number' },
  { words: ['--smoke', '--fault', 'pool-too-small'], says: 'only one of them' },
  { words: ['--frob'], says: '--frob' },
  { words: ['extra'], says: 'extra' },
])('refuses $words', ({ words, says }) => {
  expect(() => readArguments(words)).toThrow(says);
});

test.each([
  { words: [], chosen: ['pool-too-small', 'database-limit', 'quiet'] },
  { words: ['--smoke'], chosen: ['pool-too-small', 'database-limit'] },
  { words: ['--fault', 'quiet, pool-too-small'], chosen: ['quiet', 'pool-too-small'] },
])('$words runs $chosen', ({ words, chosen }) => {
  expect(chooseFaults(readArguments(words), all).map(({ id }) => id)).toEqual(chosen);
});

test('a fault that does not exist is refused with those that do', () => {
  expect(() => chooseFaults(readArguments(['--fault', 'quiet,typo']), all)).toThrow(
    '--fault typo: there is no such fault; one of pool-too-small, database-limit, quiet',
  );
});

import { expect, test } from 'vitest';
import { readPlayArguments } from './arguments.ts';

test('a world without words has Hale and no optional part', () => {
  expect(readPlayArguments([])).toEqual({
    optional: [],
    faultsFolder: undefined,
    hale: true,
    alertRules: true,
    seed: 1,
    help: false,
  });
});

test('reads every option', () => {
  const words = ['--with', 'redis, gitea', '--faults', 'others', '--no-hale', '--no-alert-rules', '--seed', '4'];

  expect(readPlayArguments(words)).toEqual({
    optional: ['redis', 'gitea'],
    faultsFolder: 'others',
    hale: false,
    alertRules: false,
    seed: 4,
    help: false,
  });
  expect(readPlayArguments(['--with', 'all']).optional).toContain('elasticsearch');
});

test.each([
  { words: ['--with', 'kafka'], says: '--with kafka: one of redis, elasticsearch' },
  { words: ['--seed', 'x'], says: 'must be a whole number' },
  { words: ['--frob'], says: '--frob' },
])('refuses $words', ({ words, says }) => {
  expect(() => readPlayArguments(words)).toThrow(says);
});

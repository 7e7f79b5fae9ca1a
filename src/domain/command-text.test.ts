import { describe, expect, it } from 'vitest';
import { commandText } from './command-text.ts';

describe('commandText', () => {
  it.each([
    [
      ['kubectl', '-n', 'shop', 'rollout', 'undo', 'deployment/orders'],
      'kubectl -n shop rollout undo deployment/orders',
    ],
    [['kubectl', '-p', '{"a":"b"}'], `kubectl -p '{"a":"b"}'`],
    [['echo', "it's; rm -rf $HOME"], `echo 'it'\\''s; rm -rf $HOME'`],
    [['echo', ''], "echo ''"],
  ])('%j', (words, text) => {
    expect(commandText(...words)).toBe(text);
  });
});

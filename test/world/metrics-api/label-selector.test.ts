import { expect, test } from 'vitest';
import { matchesSelector } from './label-selector.ts';

const labels = { app: 'web', tier: 'front' };

test.each([
  ['', true],
  ['app=web', true],
  ['app==web,tier=front', true],
  ['app=web,tier=back', false],
  ['app!=web', false],
  ['other!=x', true],
  ['app in (api, web)', true],
  ['app notin (api,web)', false],
  ['other notin (x)', true],
  ['app', true],
  ['!app', false],
  ['other', false],
  ['!other,app in (web),tier', true],
])('"%s" is %s', (selector, expected) => {
  expect(matchesSelector(labels, selector)).toBe(expected);
});

test('what is no selector is refused', () => {
  expect(() => matchesSelector(labels, 'a b c')).toThrow('is no label selector');
});

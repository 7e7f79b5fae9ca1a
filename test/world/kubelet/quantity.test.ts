import { expect, test } from 'vitest';
import { parseQuantity } from './quantity.ts';

test.each([
  ['100m', 0.1],
  ['2', 2],
  ['1.5', 1.5],
  ['128Mi', 134_217_728],
  ['1G', 1_000_000_000],
  ['1e3', 1_000],
  ['250000n', 0.000_25],
])('%s is %d', (text, value) => {
  expect(parseQuantity(text)).toBeCloseTo(value, 12);
});

test.each(['', 'Mi', '1 Gi', '1Kb', '--1', '1em'])('"%s" is refused', (text) => {
  expect(() => parseQuantity(text)).toThrow('is not a quantity');
});

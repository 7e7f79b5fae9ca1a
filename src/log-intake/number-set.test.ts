import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNumberSet } from './number-set.ts';

describe('a set of numbers', () => {
  it('holds what was added and nothing else, however many share a place', () => {
    const number = fc.oneof(
      fc.nat(40),
      fc.nat(40).map((high) => high * 2 ** 32 + 5),
      fc.maxSafeNat(),
      fc.constantFrom(0, Number.MAX_SAFE_INTEGER),
    );
    fc.assert(
      fc.property(fc.array(number, { maxLength: 3_000 }), fc.array(number), (added, asked) => {
        const set = createNumberSet();
        const expected = new Set<number>();
        for (const one of added) {
          expect(set.add(one)).toBe(!expected.has(one));
          expected.add(one);
        }

        expect(set.size).toBe(expected.size);
        for (const one of [...asked, ...added]) expect(set.has(one)).toBe(expected.has(one));
        expect([...set.values()].toSorted((a, b) => a - b)).toEqual([...expected].toSorted((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });
});

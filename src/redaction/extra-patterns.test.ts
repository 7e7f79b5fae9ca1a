import { describe, expect, it } from 'vitest';
import { findProblem } from './extra-patterns.ts';
import { createRedactor } from './redactor.ts';

describe('patterns of the operator', () => {
  it('redacts under its own name', () => {
    const redactor = createRedactor({ extraPatterns: [{ name: 'customer', pattern: '\\bCUST-\\d{6,10}' }] });

    expect(redactor.text('order of CUST-0012345 failed')).toBe('order of <redacted:customer> failed');
  });

  it.each([
    ['(a|b){3}', 'outside what is allowed'],
    ['abc.*', 'no upper bound'],
    ['[a-z]+x', 'no upper bound'],
    ['a{2,}b', 'no upper bound'],
    ['\\d{1,99}-\\d{1,99}', 'ways to match'],
    ['a?b?', 'fewer than 3'],
    ['(?=abc)', 'outside what is allowed'],
    ['abc\\1', 'outside what is allowed'],
    ['[z-a]abc', 'not a regular expression'],
    ['[a-z]{999}[a-z]{999}', 'more than 1024'],
    ['a{5,2}bcd', 'below the lower'],
  ])('refuses %s', (pattern, why) => {
    expect(findProblem(pattern)).toContain(why);
  });

  it('names the pattern in the error', () => {
    expect(() => createRedactor({ extraPatterns: [{ name: 'mine', pattern: 'a*' }] })).toThrow(
      /redaction pattern "mine"/,
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTime } from './read-time.ts';

describe('the time of a document', () => {
  it('is the same by the quick way and by the general one', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          const text = date.toISOString();

          expect(readTime(text)).toBe(date.getTime());
          expect(readTime(text.replace('Z', '+00:00'))).toBe(date.getTime());
        },
      ),
    );
  });

  it.each([
    '2026-13-01T00:00:00.000Z',
    '2026-00-10T00:00:00.000Z',
    '2026-11-28T25:00:00.000Z',
    '2026-11-28T01:60:00.000Z',
    '2026-11-28T01:00:61.000Z',
    '2026-11-2xT01:00:00.000Z',
    '2026-11-28T01:00:00.0x0Z',
    '2026/11/28T01:00:00.000Z',
  ])('is none: %s', (text) => {
    expect(readTime(text)).toBeNull();
  });
});

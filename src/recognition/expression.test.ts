import { describe, expect, it } from 'vitest';
import { takeApart } from './expression.ts';

const rolesOf = (text: string) => takeApart(text).measures.map(({ metric, role }) => `${metric}:${role}`);

describe('expression', () => {
  it.each([
    ['a > 5', ['a:subject']],
    ['a / b > 0.1', ['a:subject', 'b:base']],
    ['a > b', ['a:subject', 'b:limit']],
    ['a > 5 and b > 0', ['a:subject', 'b:guard']],
    ['b > 0 and a / c > 5', ['b:guard', 'a:subject', 'c:base']],
    ['a == 1 unless on (x) b == 1', ['a:subject', 'b:guard']],
    ['a == 0 or absent(b)', ['a:subject', 'b:subject']],
    ['# why\n  max_over_time(a[5m]) < 1', ['a:subject']],
    ['{"a.b", c="d"} > 1', ['a.b:subject']],
    ['{__name__="a", c="d"} > 1', ['a:subject']],
  ])('%s', (text, roles) => {
    expect(rolesOf(text)).toEqual(roles);
  });

  it('keeps what is done to a metric, and with what it is compared', () => {
    const [measure] = takeApart(
      'histogram_quantile(0.9, sum by (le) (rate(a_bucket{code=~"5..", job!="x"}[5m]))) >= 2 * 60',
    ).measures;

    expect(measure).toMatchObject({
      functions: ['histogram_quantile', 'sum', 'rate'],
      compared: { op: '>=', bound: 120 },
      matchers: [
        { label: 'code', negative: false, value: '5..' },
        { label: 'job', negative: true, value: 'x' },
      ],
    });
  });

  it('turns a comparison whose bound comes first', () => {
    expect(takeApart('5 < a').measures[0]?.compared).toEqual({ op: '>', bound: 5 });
  });

  it('knows what is judged by its age', () => {
    expect(takeApart('time() - a > 60').measures[0]?.age).toBe(true);
    expect(takeApart('(a - time()) / 86400 < 3').measures[0]?.age).toBe(true);
    expect(takeApart('a - b > 60').measures[0]?.age).toBe(false);
  });

  it('knows a constant, and takes nothing for one', () => {
    expect(takeApart('vector(1)').constant).toBe(true);
    expect(takeApart('').constant).toBe(false);
    expect(takeApart('a').constant).toBe(false);
  });

  it.each([['a >'], ['((((('], ['}{'], ['sum by ('], [`${'('.repeat(20_000)}a`], [`a${' + a'.repeat(5_000)}`]])(
    'throws at nothing: %#',
    (text) => {
      expect(takeApart(text).measures.length).toBeLessThanOrEqual(64);
    },
  );
});

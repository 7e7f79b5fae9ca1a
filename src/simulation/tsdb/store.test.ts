import { describe, expect, it } from 'vitest';
import { createMatcher } from './labels.ts';
import { createSampleStore } from './store.ts';

describe('sample store', () => {
  it('answers the same series for the same labels in any order, and leaves empty labels out', () => {
    const store = createSampleStore({ retentionMs: 1_000 });

    const one = store.series({ __name__: 'up', a: '1', b: '2', none: '' });

    expect(store.series({ b: '2', a: '1', __name__: 'up' })).toBe(one);
    expect({ ...one.labels }).toEqual({ __name__: 'up', a: '1', b: '2' });
  });

  it('keeps what the retention promises and stays bounded', () => {
    const store = createSampleStore({ retentionMs: 1_000 });
    const series = store.series({ __name__: 'x' });

    for (let timeMs = 1; timeMs <= 100_000; timeMs += 10) series.append(timeMs, timeMs);

    expect(series.range(98_991, 99_991)).toHaveLength(100);
    expect(store.size().samples).toBeLessThanOrEqual(400);
  });

  it('reads windows that are open on the left', () => {
    const series = createSampleStore({ retentionMs: 10_000 }).series({ __name__: 'x' });
    for (const timeMs of [1_000, 2_000, 3_000]) series.append(timeMs, timeMs / 1_000);

    expect(series.range(1_000, 3_000).map((sample) => sample.value)).toEqual([2, 3]);
    expect(series.latest(1_000, 2_500)?.value).toBe(2);
    expect(series.latest(3_000, 9_000)).toBeUndefined();
  });

  it('hides a series after its stale mark until it lives again', () => {
    const series = createSampleStore({ retentionMs: 10_000 }).series({ __name__: 'x' });
    series.append(1_000, 1);
    series.markStale(2_000);

    expect(series.latest(0, 1_500)?.value).toBe(1);
    expect(series.latest(0, 2_500)).toBeUndefined();

    series.append(3_000, 2);

    expect(series.latest(0, 3_000)?.value).toBe(2);
  });

  it('refuses a sample that is not newer', () => {
    const series = createSampleStore({ retentionMs: 10_000 }).series({ __name__: 'x' });
    series.append(5, 1);

    expect(() => series.append(5, 2)).toThrow(/out of order/);
  });

  it('forgets series that have been silent for the whole retention', () => {
    const store = createSampleStore({ retentionMs: 1_000 });
    store.series({ __name__: 'gone' }).append(1, 1);
    const alive = store.series({ __name__: 'alive' });
    for (let timeMs = 1; timeMs < 5_000; timeMs += 100) alive.append(timeMs, 1);

    store.series({ __name__: 'fresh' });

    expect(store.select([createMatcher('__name__', '=', 'gone')])).toEqual([]);
    expect(store.select([createMatcher('__name__', '=~', 'al.*|fr.*')])).toHaveLength(2);
  });
});

describe('matchers', () => {
  it.each([
    ['=', 'a', 'a', true],
    ['!=', 'a', '', true],
    ['=~', 'a', 'ab', false],
    ['=~', 'a.*', 'a\nb', true],
    ['!~', 'a|b', 'b', false],
    ['=~', '(?i)ABC', 'abc', true],
    ['=~', 'a\\-b', 'a-b', true],
  ] as const)('%s %s against %j is %s', (type, pattern, value, matches) => {
    expect(createMatcher('l', type, pattern).matches(value)).toBe(matches);
  });
});

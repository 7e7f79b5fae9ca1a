import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPrometheus, type PrometheusOptions } from '../../src/adapters/prometheus/index.ts';
import { type HaleError, isHaleError } from '../../src/domain/errors.ts';
import type { MetricsReader } from '../../src/ports/metrics.ts';

/** What the suite needs of a server: it loaded RULES, and knows about itself that it is up. */
export interface MetricsWorld {
  /** With its path prefix. */
  readonly url: string;
  readonly options?: Partial<PrometheusOptions>;
  /** A moment at which samples exist (Unix ms). */
  now(): number;
  stop(): Promise<void>;
}

export const ALERT = {
  alert: 'SlowRequests',
  expr: 'up > 5',
  for: '90s',
  labels: { severity: 'page' },
  annotations: { summary: 'requests of {{ $labels.job }} are slow' },
} as const;
export const RECORDING = { record: 'job:up:sum', expr: 'sum by (job) (up)' } as const;
export const GROUP = 'contract';

const TWO_SERIES = 'label_replace(vector(1), "a", "1", "", "") or label_replace(vector(2), "a", "2", "", "")';

/** The contract of MetricsReader, over the wire, against whatever speaks the HTTP API of Prometheus. */
export function describeMetrics(title: string, startWorld: () => Promise<MetricsWorld>, isMissing = false): void {
  describe.skipIf(isMissing)(`metrics contract: ${title}`, () => {
    let world: MetricsWorld;
    const readers: { close(): void }[] = [];

    beforeAll(async () => {
      world = await startWorld();
    }, 60_000);
    afterEach(() => {
      for (const reader of readers.splice(0)) reader.close();
    });
    afterAll(() => world?.stop(), 30_000);

    function connect(options: Partial<PrometheusOptions> = {}): MetricsReader {
      const reader = createPrometheus({ url: world.url, timeoutMs: 5_000, ...world.options, ...options });
      readers.push(reader);
      return reader;
    }

    it('answers an instant query with labels, time and value', async () => {
      const at = world.now();

      const answer = await connect().instant('label_replace(vector(1.5), "a", "b", "", "")', at);

      expect(answer).toEqual({ series: [{ labels: { a: 'b' }, at, value: 1.5 }], warnings: [] });
    });

    it('answers a scalar as one series without labels', async () => {
      const answer = await connect().instant('1 + 1', world.now());

      expect(answer.series).toMatchObject([{ labels: {}, value: 2 }]);
    });

    it.each([
      ['vector(1) / 0', Number.POSITIVE_INFINITY],
      ['vector(-1) / 0', Number.NEGATIVE_INFINITY],
      ['vector(0) / 0', Number.NaN],
      ['vector(1e-9)', 1e-9],
      ['vector(-0.5)', -0.5],
      ['vector(1.7976931348623157e308)', Number.MAX_VALUE],
    ])('reads the value of %s', async (query, value) => {
      const answer = await connect().instant(query, world.now());

      expect(answer.series.map((it) => it.value)).toEqual([value]);
    });

    it('answers nothing with no series, which is not zero', async () => {
      const reader = connect();

      expect(await reader.instant('no_such_metric', world.now())).toEqual({ series: [], warnings: [] });
      expect(await reader.range('no_such_metric', world.now() - 60_000, world.now(), 15_000)).toEqual({
        series: [],
        warnings: [],
      });
    });

    it('answers a range with both ends, in time order', async () => {
      const to = Math.floor(world.now() / 1_000) * 1_000;
      const from = to - 60_000;

      const answer = await connect().range('time()', from, to, 15_000);

      const instants = [from, from + 15_000, from + 30_000, from + 45_000, to];
      expect(answer.series).toEqual([{ labels: {}, points: instants.map((at) => ({ at, value: at / 1_000 })) }]);
    });

    it('keeps milliseconds', async () => {
      const at = Math.floor(world.now() / 1_000) * 1_000 + 123;

      const answer = await connect().range('vector(1)', at, at + 1_001, 500);

      expect(answer.series[0]?.points.map((it) => it.at)).toEqual([at, at + 500, at + 1_000]);
    });

    it.each([
      ['the grammar', 'sum('],
      ['a name', 'no_such_function(up)'],
      ['the type', 'up[5m]'],
    ])('says that a query is wrong in %s', async (_what, query) => {
      const error = await failure(connect().instant(query, world.now()));

      expect(error.code).toBe('metrics-rejected');
    });

    it('says that a query cannot be executed', async () => {
      const manyToMany = `(${TWO_SERIES}) + on() (${TWO_SERIES})`;

      const error = await failure(connect().instant(manyToMany, world.now()));

      expect(error.code).toBe('metrics-rejected');
      expect(error.details['status']).toBe(422);
    });

    it('refuses more series than asked for, and takes as many', async () => {
      const reader = connect();

      const tooMany = await failure(reader.instant(TWO_SERIES, world.now(), { maxSeries: 1 }));
      const rangeTooMany = await failure(
        reader.range(TWO_SERIES, world.now() - 1_000, world.now(), 500, { maxSeries: 1 }),
      );
      const enough = await reader.instant(TWO_SERIES, world.now(), { maxSeries: 2 });

      expect([tooMany.code, rangeTooMany.code]).toEqual(['metrics-limit', 'metrics-limit']);
      expect(enough.series).toHaveLength(2);
      expect(enough.warnings).toEqual([]);
    });

    it('refuses an answer larger than the limit', async () => {
      const reader = connect({ maxBytes: 1_000 });

      const error = await failure(reader.range('vector(1)', world.now() - 600_000, world.now(), 1_000));

      expect(error.code).toBe('metrics-limit');
    });

    it('answers at the limit of resolution, and refuses beyond it before asking', async () => {
      const reader = connect();
      const to = world.now();

      const answer = await reader.range('vector(1)', to - 11_000_000, to, 1_000);
      const beyond = await failure(reader.range('vector(1)', to - 11_000_001, to, 1_000));

      expect(answer.series[0]?.points).toHaveLength(11_001);
      expect(beyond.code).toBe('metrics-limit');
      expect(beyond.message).toContain('at least 1001 ms');
    });

    it('takes a query that is too long for an address', async () => {
      const long = 'x'.repeat(20_000);

      const answer = await connect().instant(`label_replace(vector(7), "a", "${long}", "", "")`, world.now());

      expect(answer.series).toMatchObject([{ labels: { a: long }, value: 7 }]);
    });

    it('lists alert rules with their expression, and no recording rules', async () => {
      const rules = await connect().alertRules();

      expect(rules).toEqual([
        {
          name: ALERT.alert,
          group: GROUP,
          expression: ALERT.expr,
          forMs: 90_000,
          labels: ALERT.labels,
          annotations: ALERT.annotations,
        },
      ]);
    });

    it('tells product and version', async () => {
      expect(await connect().version()).toMatch(/^Prometheus \d+\.\d+\.\d+/);
    });

    it('names the path prefix when it is missing', async () => {
      const error = await failure(connect({ url: new URL(world.url).origin }).instant('1', world.now()));

      expect(error.code).toBe('metrics-rejected');
      expect(error.message).toContain('path prefix');
    });

    it('stops when the caller cancels', async () => {
      const stopping = new AbortController();
      stopping.abort();

      const error = await failure(connect().instant('1', world.now(), { signal: stopping.signal }));

      expect(error).toMatchObject({ code: 'metrics-unavailable', details: { aborted: true } });
    });
  });
}

async function failure(attempt: Promise<unknown>): Promise<HaleError> {
  const thrown: unknown = await attempt.then(
    () => new Error('this should have failed'),
    (error: unknown) => error,
  );
  if (!isHaleError(thrown)) throw thrown;
  return thrown;
}

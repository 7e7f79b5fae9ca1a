import { describe, expect, it } from 'vitest';
import { fakeCluster, fakePods, fakeWorkload } from '../../test/fakes/cluster.ts';
import { type FakeSeries, fakeMetrics, fakeSeries } from '../../test/fakes/metrics.ts';
import { HaleError } from '../domain/errors.ts';
import { createScan, type ScanChange, type ScanReport } from './index.ts';
import { createPartsTable } from './parts-table.ts';
import { discoveredIn, scanQueries } from './queries.ts';
import { readParts } from './read-parts.ts';

const T0 = 1_800_000_000_000;
const STEP_MS = 15_000;
const MINUTE_MS = 60_000;
/** Usual for twenty minutes, then whatever the test does. */
const TROUBLE_AT = T0 + 20 * MINUTE_MS;
const END = T0 + 30 * MINUTE_MS;
const SHAPE = { from: T0, to: END };
/** What comes and goes by itself has to last for ten minutes. */
const LONG = { from: T0, to: T0 + 45 * MINUTE_MS };
const NAME = 'http_request_duration_seconds';

type Value = number | ((at: number) => number);
const since =
  (usual: number, later: number, at = TROUBLE_AT) =>
  (now: number) =>
    now > at ? later : usual;

interface Pod {
  readonly perS?: Value;
  readonly failedPerS?: Value;
  readonly seconds?: Value;
}

function requests(series: FakeSeries, pod: string, { perS = 20, failedPerS = 0, seconds = 0.05 }: Pod): void {
  const at = (value: Value, now: number) => (typeof value === 'function' ? value(now) : value);
  const labels = { namespace: 'shop', pod };
  series.counter({ ...labels, __name__: `${NAME}_count`, status: '200' }, perS, SHAPE);
  series.counter({ ...labels, __name__: `${NAME}_count`, status: '503' }, failedPerS, SHAPE);
  series.counter(
    { ...labels, __name__: `${NAME}_sum`, status: '200' },
    (now) => at(perS, now) * at(seconds, now),
    SHAPE,
  );
}

function setUp(write: (series: FakeSeries, pods: readonly string[]) => void, limits: { maxSeries?: number } = {}) {
  const cluster = fakeCluster(() => T0);
  const workload = fakeWorkload();
  cluster.addWorkload(workload, fakePods(workload));
  const series = fakeSeries();
  const pods = fakePods(workload).map(({ name }) => name);
  write(series, pods);
  const metrics = fakeMetrics(series.store);
  const options = {
    metrics,
    cluster: cluster.reader,
    windowMs: 60_000,
    maxAnswerSeries: 1_000,
    maxSeries: limits.maxSeries ?? 1_000,
    minRatePerS: 0.5,
  };
  return { cluster, metrics, options, scan: createScan(options), pods };
}

async function scanAll(
  { scan }: Pick<ReturnType<typeof setUp>, 'scan'>,
  from = T0 + 2 * MINUTE_MS,
  until = END,
): Promise<{ changes: readonly (ScanChange & { at: number })[]; last: ScanReport }> {
  const changes: (ScanChange & { at: number })[] = [];
  let last: ScanReport | null = null;
  for (let at = from; at <= until; at += STEP_MS) {
    last = await scan.run(at, AbortSignal.timeout(10_000));
    changes.push(...last.changes.map((change) => ({ ...change, at })));
  }
  if (last === null) throw new Error('nothing was scanned');
  return { changes, last };
}

const told = (changes: readonly ScanChange[]) =>
  changes.map(({ indicator, direction, status }) => `${indicator} ${direction} ${status}`);

describe('scan', () => {
  it.each<[string, Pod, string[]]>([
    ['slow requests', { seconds: since(0.05, 0.6) }, ['seconds high firing']],
    ['failed requests', { failedPerS: since(0, 5) }, ['failed high firing']],
    ['far more requests', { perS: since(20, 120) }, ['rate high firing']],
    ['far fewer requests', { perS: since(20, 1) }, ['rate low firing']],
  ])('notices %s, without any alert', async (_, pod, expected) => {
    const { changes } = await scanAll(setUp((series, pods) => pods.forEach((name) => requests(series, name, pod))));

    expect(told(changes)).toEqual(expected);
    // Four scans: a window of rates that has to fill, and twice in a row.
    expect((changes[0]?.at ?? 0) - TROUBLE_AT).toBeLessThanOrEqual(4 * STEP_MS);
  });

  it('says value, what is usual and how far off, and resolves the same occurrence when it is over', async () => {
    const seconds = (now: number) => (now > TROUBLE_AT && now < TROUBLE_AT + 3 * MINUTE_MS ? 0.6 : 0.05);
    const { changes } = await scanAll(
      setUp((series, pods) => pods.forEach((name) => requests(series, name, { seconds }))),
    );

    expect(told(changes)).toEqual(['seconds high firing', 'seconds high resolved']);
    expect(changes[1]?.occurrence).toBe(changes[0]?.occurrence);
    expect(changes[0]?.summary).toMatch(
      /Deployment shop\/orders: mean duration of a request 0\.\d+ s, usually 0\.05\d* s/,
    );
  });

  it.each<[string, Pod]>([
    ['nothing changed', {}],
    ['slower, but by milliseconds', { seconds: since(0.002, 0.02) }],
    ['more requests, but not by much', { perS: since(20, 35) }],
    ['failures where hardly anybody asks', { perS: 0.1, failedPerS: since(0, 0.05) }],
    ['a slow rise over the day', { perS: (now) => 20 + (now - T0) / (2 * MINUTE_MS) }],
  ])('is quiet: %s', async (_, pod) => {
    const { changes } = await scanAll(setUp((series, pods) => pods.forEach((name) => requests(series, name, pod))));

    expect(changes).toEqual([]);
  });

  it('is quiet while series begin, end and start anew', async () => {
    const { changes } = await scanAll(
      setUp((series, [first = '', second = '', third = '']) => {
        requests(series, first, {});
        const shape = { from: TROUBLE_AT, to: END };
        // One pod appears late; one is scraped no more, so the workload has a gap; one restarts from zero.
        series.counter({ namespace: 'shop', pod: second, __name__: `${NAME}_count`, status: '200' }, 20, shape);
        series.counter({ namespace: 'shop', pod: second, __name__: `${NAME}_sum`, status: '200' }, 1, shape);
        const restarted = series.store.series({
          namespace: 'shop',
          pod: third,
          __name__: `${NAME}_count`,
          status: '200',
        });
        for (let at = T0, total = 0; at <= END; at += STEP_MS) {
          total = at === TROUBLE_AT ? 0 : total + 300;
          restarted.append(at, total);
        }
      }),
    );

    expect(changes).toEqual([]);
  });

  it('asks as many questions for a hundred workloads as for one', async () => {
    const small = setUp((series, pods) => pods.forEach((name) => requests(series, name, {})));
    const large = setUp((series, pods) => pods.forEach((name) => requests(series, name, {})));
    for (let index = 0; index < 100; index += 1)
      large.cluster.addWorkload(fakeWorkload({ subject: { name: `other-${index}`, uid: `uid-${index}` } }));

    const one = await small.scan.run(T0 + 5 * MINUTE_MS, AbortSignal.timeout(10_000));
    const many = await large.scan.run(T0 + 5 * MINUTE_MS, AbortSignal.timeout(10_000));

    expect(many.queries).toBe(one.queries);
  });

  it('asks by namespaces when an answer is too large, and says what is too large even so', async () => {
    const world = setUp((series, pods) => pods.forEach((name) => requests(series, name, {})));
    world.cluster.addWorkload(fakeWorkload({ subject: { namespace: 'other', name: 'web', uid: 'uid-web' } }));
    const scan = createScan({
      ...world.options,
      metrics: {
        async instant(query, at) {
          const tooLarge =
            query.includes(`${NAME}_sum`) || (query.includes(`${NAME}_count"`) && !query.includes('namespace=~'));
          if (tooLarge && !query.startsWith('count by')) throw new HaleError('metrics-limit', 'too many');
          return world.metrics.instant(query, at);
        },
      },
    });

    const report = await scan.run(T0 + 5 * MINUTE_MS, AbortSignal.timeout(10_000));

    expect(report.workloads).toBe(1);
    expect(report.left.map(({ what }) => what)).toEqual([`${NAME} seconds`, `${NAME} seconds`]);
  });

  it('follows no more series than it may, and says so', async () => {
    const world = setUp((series, pods) => pods.forEach((name) => requests(series, name, {})), { maxSeries: 2 });

    const report = await world.scan.run(T0 + 5 * MINUTE_MS, AbortSignal.timeout(10_000));

    expect(report.series).toBe(2);
    expect(report.left).toEqual([{ what: '2 series', why: 'too-many-series' }]);
  });

  it('stands an explosion of labels: follows what it may, says what it leaves out, and goes on', async () => {
    const world = setUp((series, pods) => pods.forEach((name) => requests(series, name, {})));
    const exploded = fakeWorkload();
    const many = new Map(
      Array.from({ length: 100_000 }, (_, index) => [
        `exploded-${index}`,
        { ...exploded, subject: { ...exploded.subject, uid: `uid-${index}` } },
      ]),
    );
    const scan = createScan({
      ...world.options,
      maxAnswerSeries: 200_000,
      maxSeries: 2_000,
      cluster: { ...world.cluster.reader, workloadOfPod: (_, pod) => many.get(pod) ?? null },
      metrics: {
        async instant(query, at, options) {
          const isExploded = query.startsWith('sum by') && query.includes(`${NAME}_count`) && !query.includes('5..');
          if (!isExploded) return world.metrics.instant(query, at);
          for (const pod of many.keys()) options?.take?.({ labels: { namespace: 'shop', pod }, at, value: 20 });
          return { series: [], warnings: [] };
        },
      },
    });

    const first = await scan.run(T0 + 5 * MINUTE_MS, AbortSignal.timeout(60_000));
    const second = await scan.run(T0 + 6 * MINUTE_MS, AbortSignal.timeout(60_000));

    for (const report of [first, second]) {
      expect(report.series).toBe(2_000);
      expect(report.left).toEqual([{ what: expect.stringMatching(/^\d+ series$/) as string, why: 'too-many-series' }]);
      expect(report.changes).toEqual([]);
    }
  }, 120_000);

  it('raises nothing in a storm of values that are no numbers, nor when the clock goes back', async () => {
    const world = setUp((series, pods) => pods.forEach((name) => requests(series, name, {})));
    let storm = false;
    const scan = createScan({
      ...world.options,
      metrics: {
        async instant(query, at) {
          const answer = await world.metrics.instant(query, at);
          const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
          if (!storm || query.startsWith('count by')) return answer;
          return { ...answer, series: answer.series.map((one, index) => ({ ...one, value: values[index % 3] ?? 0 })) };
        },
      },
    });
    const before = await scanAll({ scan }, T0 + 2 * MINUTE_MS, T0 + 10 * MINUTE_MS);
    storm = true;
    const during = await scanAll({ scan }, T0 + 10 * MINUTE_MS, T0 + 12 * MINUTE_MS);
    storm = false;
    const after = await scanAll({ scan }, T0 + 12 * MINUTE_MS, T0 + 15 * MINUTE_MS);
    const again = await scanAll({ scan }, T0 + 5 * MINUTE_MS, T0 + 8 * MINUTE_MS);

    expect([before, during, after, again].flatMap(({ changes }) => changes)).toEqual([]);
    expect(during.last.workloads).toBe(0);
  });

  it('goes at the pace of the scrapes, and notices within four of them at two seconds', async () => {
    const pace = { from: T0, to: T0 + 5 * MINUTE_MS, everyMs: 2_000 };
    const at = T0 + 3 * MINUTE_MS;
    const world = setUp((series, pods) => {
      for (const pod of pods) {
        const labels = { namespace: 'shop', pod, job: 'shop' };
        const up = series.store.series({ ...labels, __name__: 'up' });
        for (let now = pace.from; now <= pace.to; now += pace.everyMs) up.append(now, 1);
        series.counter({ ...labels, __name__: `${NAME}_count`, status: '200' }, 20, pace);
        series.counter({ ...labels, __name__: `${NAME}_sum`, status: '200' }, since(1, 12, at), pace);
      }
    });
    const scan = createScan({ ...world.options, windowMs: undefined });
    const changes: (ScanChange & { at: number })[] = [];
    for (let now = T0 + MINUTE_MS, next = 0; now <= at + MINUTE_MS; now += next) {
      const report = await scan.run(now, AbortSignal.timeout(10_000));
      next = report.nextInMs;
      changes.push(...report.changes.map((change) => ({ ...change, at: now })));
    }

    expect(told(changes)).toEqual(['seconds high firing']);
    expect((changes[0]?.at ?? 0) - at).toBeLessThanOrEqual(4 * pace.everyMs);
  });

  it('reads nothing while Prometheus is down, and raises nothing when it is back', async () => {
    const world = setUp((series, pods) => pods.forEach((name) => requests(series, name, {})));
    await scanAll(world, T0 + 2 * MINUTE_MS, T0 + 10 * MINUTE_MS);
    world.metrics.fail(new HaleError('metrics-unavailable', 'down'));
    const down = await scanAll(world, T0 + 10 * MINUTE_MS, T0 + 12 * MINUTE_MS);
    world.metrics.fail(null);
    const back = await scanAll(world, T0 + 12 * MINUTE_MS, T0 + 20 * MINUTE_MS);

    expect(down.last.left.length).toBeGreaterThan(0);
    expect([...down.changes, ...back.changes]).toEqual([]);
  });

  it('knows from the past what was usual, except of workloads that have pods of later', async () => {
    const seconds = since(0.05, 0.6, T0 + 12 * MINUTE_MS);
    const old = setUp((series, pods) => pods.forEach((name) => requests(series, name, { seconds })));
    const young = setUp((series, pods) => pods.forEach((name) => requests(series, name, { seconds })));
    const podsOf = () => fakePods(fakeWorkload()).map((pod) => ({ ...pod, createdAt: T0 + 11 * MINUTE_MS }));
    const youngScan = createScan({ ...young.options, cluster: { ...young.cluster.reader, podsOf } });
    const scans = [old.scan, youngScan].map(async (scan) => {
      for (let at = T0 + 2 * MINUTE_MS; at <= T0 + 11 * MINUTE_MS; at += STEP_MS)
        await scan.run(at, AbortSignal.timeout(10_000), 'past');
      return told((await scanAll({ scan }, T0 + 11 * MINUTE_MS + STEP_MS, T0 + 13 * MINUTE_MS)).changes);
    });

    expect(await Promise.all(scans)).toEqual([['seconds high firing'], []]);
  });

  it.each<[string, string, Record<string, string>]>([
    [
      'ingress-nginx',
      'nginx_ingress_controller_request_duration_seconds',
      { namespace: 'shop', service: 'orders-svc' },
    ],
    [
      'ingress-nginx whose labels are not honoured',
      'nginx_ingress_controller_request_duration_seconds',
      { namespace: 'ingress', service: 'controller', exported_namespace: 'shop', exported_service: 'orders-svc' },
    ],
    ['Traefik', 'traefik_service_request_duration_seconds', { service: 'shop-orders-svc-80@kubernetes' }],
    [
      'Envoy in a mesh',
      'envoy_cluster_upstream_rq_time',
      { envoy_cluster_name: 'outbound|80||orders-svc.shop.svc.cluster.local' },
    ],
    ['Envoy as an ingress', 'envoy_cluster_upstream_rq_time', { envoy_cluster_name: 'shop/orders-svc/80/abc' }],
  ])('follows a workload by its proxy where it measures nothing itself: %s', async (_, family, labels) => {
    const perSecond = family.startsWith('envoy') ? 1_000 : 1;
    const world = setUp((series) => {
      series.counter({ ...labels, __name__: `${family}_count` }, 20, SHAPE);
      series.counter({ ...labels, __name__: `${family}_sum` }, since(1 * perSecond, 12 * perSecond), SHAPE);
    });
    world.cluster.addService({
      namespace: 'shop',
      name: 'orders-svc',
      clusterIp: '10.0.0.9',
      selector: fakePods(fakeWorkload())[0]?.labels ?? {},
      ports: [],
    });

    const { changes } = await scanAll(world, T0 + 15 * MINUTE_MS, T0 + 23 * MINUTE_MS);

    expect(told(changes)).toEqual(['seconds high firing']);
    expect(changes[0]?.workload.subject.name).toBe('orders');
  });

  it.each<[string, Record<string, string>, boolean]>([
    ['kafka_exporter', { __name__: 'kafka_consumergroup_lag_sum', consumergroup: 'orders', topic: 'created' }, false],
    [
      'kafka_exporter, by partition',
      { __name__: 'kafka_consumergroup_lag', consumergroup: 'orders', topic: 'created', partition: '0' },
      false,
    ],
    [
      'kminion',
      { __name__: 'kminion_kafka_consumer_group_topic_lag', group_id: 'orders', topic_name: 'created' },
      false,
    ],
    ['the Kafka client by Micrometer', { __name__: 'kafka_consumer_fetch_manager_records_lag_max' }, true],
    ['the Kafka client by JMX', { __name__: 'kafka_consumer_records_lag_max' }, true],
    ['bullmq-otel', { __name__: 'bullmq_queue_jobs', queue: 'mails', state: 'waiting' }, true],
    ['BullMQ by hand', { __name__: 'bull_queue_waiting', queue: 'mails' }, true],
  ])('notices a queue that goes on growing: %s', async (_, labels, isOwn) => {
    const growing = (now: number) => (now > TROUBLE_AT ? 20 + (now - TROUBLE_AT) / 100 : 20);
    const world = setUp((series, pods) => {
      for (const pod of isOwn ? pods : [undefined])
        series.gauge({ ...labels, ...(pod === undefined ? {} : { namespace: 'shop', pod }) }, growing, LONG);
      series.gauge(
        { ...labels, namespace: 'other', pod: 'nobody', consumergroup: 'nobody', group_id: 'nobody' },
        5,
        LONG,
      );
    });

    const { changes } = await scanAll(world, T0 + 12 * MINUTE_MS, LONG.to);

    expect(told(changes)).toEqual(['backlog high firing']);
    expect(changes[0]?.workload.subject.name).toBe('orders');
  });

  it('does not take a group for that of a workload whose name another one has, too', async () => {
    const labels = { __name__: 'kafka_consumergroup_lag_sum', consumergroup: 'orders', topic: 'created' };
    const world = setUp((series) => series.gauge(labels, since(20, 1e6), LONG));
    world.cluster.addWorkload(fakeWorkload({ subject: { namespace: 'other', uid: 'uid-other' } }));

    const { changes } = await scanAll(world, T0 + 12 * MINUTE_MS, LONG.to);

    expect(changes).toEqual([]);
  });

  it('notices pods that stay away, of whom nothing else is known, and no rollout that passes', async () => {
    const world = setUp(() => undefined);
    const [view, at] = [fakeWorkload(), { at: 0 }];
    const readyUntil = (until: number, wanted = view.replicas ?? 0) => {
      world.cluster.addWorkload({ ...view, readyReplicas: at.at < until ? wanted : 0 });
    };
    const changes: ScanChange[] = [];
    for (at.at = T0; at.at <= END; at.at += STEP_MS) {
      // Three minutes without any pod, and then for good.
      if (at.at < T0 + 15 * MINUTE_MS) readyUntil(at.at > T0 + 13 * MINUTE_MS ? 0 : END);
      else readyUntil(TROUBLE_AT);
      changes.push(...(await world.scan.run(at.at, AbortSignal.timeout(10_000))).changes);
    }

    expect(told(changes)).toEqual(['not-ready high firing']);
    expect(changes[0]?.since).toBeGreaterThanOrEqual(TROUBLE_AT);
    expect(changes[0]?.summary).toContain('share of wanted pods that are not ready 1');
  });

  it('takes the verdict of Linkerd for failures, which knows those of gRPC', async () => {
    const labels = { namespace: 'shop', deployment: 'orders', direction: 'inbound', status_code: '200' };
    const world = setUp((series) => {
      series.counter({ ...labels, __name__: 'response_latency_ms_count' }, 20, SHAPE);
      series.counter({ ...labels, __name__: 'response_latency_ms_sum' }, 20 * 30, SHAPE);
      series.counter({ ...labels, __name__: 'response_total', classification: 'success' }, since(20, 14), SHAPE);
      series.counter({ ...labels, __name__: 'response_total', classification: 'failure' }, since(0, 6), SHAPE);
    });

    const { changes } = await scanAll(world, T0 + 15 * MINUTE_MS, T0 + 23 * MINUTE_MS);

    expect(told(changes)).toEqual(['failed high firing']);
  });

  it('counts no request twice: what the process measures stands before what stands in front of it', async () => {
    const world = setUp((series, pods) => {
      pods.forEach((name) => requests(series, name, { perS: 20 }));
      const labels = {
        destination_workload_namespace: 'shop',
        destination_workload: 'orders',
        reporter: 'destination',
      };
      series.counter({ ...labels, __name__: 'istio_request_duration_milliseconds_count' }, 500, SHAPE);
    });
    const table = createPartsTable();
    await readParts(
      scanQueries(
        discoveredIn(
          [`${NAME}_count`, 'istio_request_duration_milliseconds_count'].map((name) => ({
            labels: { __name__: name },
          })),
        ),
        { everyMs: () => STEP_MS, windowMs: () => MINUTE_MS },
      ),
      table,
      {
        metrics: world.metrics,
        cluster: world.cluster.reader,
        at: T0 + 10 * MINUTE_MS,
        maxSeries: 100,
        signal: AbortSignal.timeout(10_000),
      },
    );

    const counts: (number | undefined)[] = [];
    table.each((_, parts) => counts.push(parts.count));
    expect(counts).toEqual([expect.closeTo(20 * world.pods.length) as number]);
  });

  it('resolves what an earlier process raised, once it is usual', async () => {
    const world = setUp((series, pods) => pods.forEach((name) => requests(series, name, {})));
    const open = {
      uid: fakeWorkload().subject.uid,
      indicator: 'seconds',
      direction: 'high',
      occurrence: 'scan|before',
      since: T0,
    } as const;
    world.scan.resume([open]);

    const { changes } = await scanAll(world);

    expect(changes).toMatchObject([{ status: 'resolved', occurrence: 'scan|before' }]);
  });
});

import { describe, expect, it } from 'vitest';
import { callFailure } from '../../src/workload-metrics/index.ts';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { fakeRevision, fakeWorkload } from '../../test/fakes/cluster.ts';
import type { FakeSeries } from '../../test/fakes/metrics.ts';
import { dependencyOutage } from './index.ts';

type Labels = Record<string, string>;
interface Call {
  name: string;
  address: Labels;
  /** How calls are counted while they succeed and while they fail. */
  good?: Labels;
  bad?: Labels;
  /** Durations in the unit of the metric. */
  unit?: number;
  place?: (pod: string) => Labels;
}
interface Given {
  failing?: 'now' | 'always' | 'never';
  seconds?: (at: number, now: number) => number;
  perS?: number;
  services?: readonly string[];
}

const NOW_MS = 150_000;
const OTEL: Call = {
  name: 'http_client_request_duration_seconds',
  address: { server_address: 'payments' },
  good: { http_response_status_code: '200' },
  bad: { error_type: 'ECONNREFUSED' },
};

function write(series: FakeSeries, pods: readonly string[], now: number, call: Call, given: Given) {
  const { failing = 'now', seconds = () => 0.04, perS = 5 } = given;
  const isBad = (at: number) => failing === 'always' || (failing === 'now' && at > now - NOW_MS);
  const shape = { from: now - 3_000_000, to: now };
  for (const pod of pods) {
    const place = { ...(call.place?.(pod) ?? { namespace: 'shop', pod }), ...call.address };
    const rate = (bad: boolean) => (at: number) => (isBad(at) === bad ? perS : 0);
    const inUnit = (at: number) => seconds(at, now) * (call.unit ?? 1);
    for (const [labels, bad] of [
      [call.good ?? {}, false],
      [call.bad ?? {}, true],
    ] as const) {
      if (bad && failing === 'never') continue;
      series.counter({ __name__: `${call.name}_count`, ...place, ...labels }, rate(bad), shape);
      series.counter({ __name__: `${call.name}_sum`, ...place, ...labels }, (at) => rate(bad)(at) * inUnit(at), shape);
    }
  }
}

function world(call: Call, given: Given = {}) {
  const made = detectorWorld((series, pods, now) => write(series, pods, now, call, given));
  for (const name of given.services ?? []) {
    made.cluster.addWorkload(fakeWorkload({ subject: { name } }));
    made.cluster.addService({ namespace: 'shop', name, clusterIp: null, selector: { app: name } });
  }
  return made;
}

describe('dependency-outage: down', () => {
  it('is told on the workload that is called', async () => {
    const [finding, ...more] = await detectIn(world(OTEL, { services: ['payments'] }), dependencyOutage);

    expect(more).toEqual([]);
    expect(finding).toMatchObject({ reason: 'dependency-down', subject: { name: 'payments' }, confidence: 0.8 });
    expect(finding?.summary).toBe(
      'Deployment shop/orders: 100 % of 15 calls/s to Deployment shop/payments fail without an answer',
    );
    expect(finding?.figures).toMatchObject({ failedShare: 1, unreachableShare: 1, failedShareBefore: 0 });
  });

  it.each<[string, boolean, object, string | undefined]>([
    [
      'what is called was changed',
      true,
      { image: 'app:2' },
      'Deployment shop/payments: image app:1 -> app:2: revision 7 -> 8',
    ],
    [
      'the caller has other variables',
      false,
      { env: [{ name: 'PAYMENTS_URL', value: 'http://nowhere' }] },
      'Deployment shop/orders: env PAYMENTS_URL added: revision 7 -> 8',
    ],
    ['the caller has another image only', false, { image: 'app:2' }, undefined],
  ])('names the change behind it and the way back: %s', async (_, inside, after, what) => {
    const call = inside ? OTEL : { ...OTEL, address: { server_address: 'api.payments.example' } };
    const made = world(call, inside ? { services: ['payments'] } : {});
    const before = { image: 'app:1' };
    made.cluster.setDetails({
      revisions: [fakeRevision(8, made.now - 300_000, { ...before, ...after }), fakeRevision(7, 0, before)],
    });

    const [finding] = await detectIn(made, dependencyOutage);

    expect(finding?.change?.what).toBe(what);
    expect(finding?.mend?.endsWith('--to-revision=7')).toBe(what === undefined ? undefined : true);
  });

  it('is told on the caller, with the address, for what Kubernetes does not know', async () => {
    const call = { ...OTEL, address: { server_address: 'api.payments.example' } };

    expect(await detectIn(world(call), dependencyOutage)).toMatchObject([
      {
        reason: 'dependency-down',
        subject: { name: 'orders' },
        confidence: 0.9,
        summary: expect.stringContaining('api.payments.example'),
      },
    ]);
  });

  const outside = { server_address: 'payments.example' };
  it.each<[string, Call]>([
    ['OpenTelemetry, no unit', { ...OTEL, name: 'http_client_request_duration' }],
    ['OpenTelemetry, untranslated', { ...OTEL, name: 'http.client.request.duration' }],
    [
      'OpenTelemetry, old',
      {
        name: 'http_client_duration_milliseconds',
        address: { net_peer_name: 'payments.example' },
        good: { http_status_code: '200' },
        bad: { http_status_code: '503' },
        unit: 1000,
      },
    ],
    [
      'Micrometer',
      {
        name: 'http_client_requests_seconds',
        address: { client_name: 'payments.example' },
        good: { status: '200', outcome: 'SUCCESS' },
        bad: { status: 'IO_ERROR', outcome: 'UNKNOWN' },
      },
    ],
    [
      'RPC',
      {
        name: 'rpc_client_call_duration_seconds',
        address: outside,
        good: { rpc_grpc_status_code: '0' },
        bad: { rpc_grpc_status_code: '14' },
      },
    ],
    [
      'databases',
      {
        name: 'db_client_operation_duration_seconds',
        address: { server_address: 'db.example', db_system_name: 'postgresql' },
        bad: { error_type: '57P01' },
      },
    ],
    [
      'Envoy',
      {
        name: 'envoy_cluster_upstream_rq_time',
        address: { envoy_cluster_name: 'outbound|80||payments.example' },
        good: { envoy_response_code_class: '2' },
        bad: { envoy_response_code_class: '5' },
        unit: 1000,
      },
    ],
  ])('reads %s', async (_, call) => {
    expect(await detectIn(world(call), dependencyOutage)).toMatchObject([{ reason: 'dependency-down' }]);
  });

  it.each<
    [
      string,
      (series: FakeSeries, rate: (bad: boolean) => (at: number) => number, shape: { from: number; to: number }) => void,
    ]
  >([
    [
      'Istio',
      (series, rate, shape) => {
        const labels = {
          __name__: 'istio_requests_total',
          source_workload: 'orders',
          source_workload_namespace: 'shop',
          destination_service: 'payments.shop.svc.cluster.local',
        };
        for (const reporter of ['source', 'destination'])
          series.counter({ ...labels, reporter, response_code: '200', response_flags: '-' }, rate(false), shape);
        series.counter(
          { ...labels, reporter: 'source', response_code: '503', response_flags: 'UF' },
          rate(true),
          shape,
        );
      },
    ],
    [
      'Linkerd',
      (series, rate, shape) => {
        const labels = {
          __name__: 'response_total',
          direction: 'outbound',
          namespace: 'shop',
          deployment: 'orders',
          dst_deployment: 'payments',
        };
        series.counter({ ...labels, classification: 'success' }, rate(false), shape);
        series.counter({ ...labels, classification: 'failure' }, rate(true), shape);
      },
    ],
    [
      'service graphs',
      (series, rate, shape) => {
        const labels = { client: 'orders', server: 'payments', connection_type: '' };
        series.counter({ __name__: 'traces_service_graph_request_total', ...labels }, 5, shape);
        series.counter({ __name__: 'traces_service_graph_request_failed_total', ...labels }, rate(true), shape);
      },
    ],
  ])('reads %s', async (_, fill) => {
    const mesh = detectorWorld((series, _pods, now) => {
      const rate = (bad: boolean) => (at: number) => (at > now - NOW_MS === bad ? 5 : 0);
      fill(series, rate, { from: now - 3_000_000, to: now });
    });
    mesh.cluster.addWorkload(fakeWorkload({ subject: { name: 'payments' } }));
    mesh.cluster.addService({ namespace: 'shop', name: 'payments', clusterIp: null, selector: { app: 'payments' } });

    const findings = await detectIn(mesh, dependencyOutage);

    expect(findings).toMatchObject([
      { reason: 'dependency-down', subject: { name: 'payments' }, figures: { callsPerS: expect.closeTo(5, 6) } },
    ]);
  });
});

describe('dependency-outage: slow', () => {
  const slower = (at: number, now: number) => (at > now - NOW_MS ? 2 : 0.04);

  it.each<[string, Call, string[], number]>([
    ['a workload', OTEL, ['payments'], 0.55],
    ['something outside', { ...OTEL, address: { server_address: 'api.payments.example' } }, [], 0.7],
    ['in milliseconds', { ...OTEL, name: 'http_client_duration_milliseconds', unit: 1000 }, ['payments'], 0.55],
  ])('%s', async (_, call, services, confidence) => {
    const findings = await detectIn(world(call, { failing: 'never', seconds: slower, services }), dependencyOutage);

    expect(findings).toMatchObject([{ reason: 'dependency-slow', confidence }]);
    expect(findings[0]?.figures.meanSeconds).toBeCloseTo(2, 1);
    expect(findings[0]?.figures.usualSeconds).toBeCloseTo(0.04, 3);
  });
});

describe('dependency-outage: nothing to find', () => {
  it.each<[string, Call, Given]>([
    ['all is well', OTEL, { failing: 'never' }],
    ['it has always failed', OTEL, { failing: 'always' }],
    ['too few calls', OTEL, { perS: 0.01 }],
    ['the caller is at fault', { ...OTEL, bad: { http_response_status_code: '404', error_type: '404' } }, {}],
    [
      'a constraint of the database',
      { ...OTEL, name: 'db_client_operation_duration_seconds', bad: { error_type: '23505' } },
      {},
    ],
    ['slower by milliseconds', OTEL, { failing: 'never', seconds: (at, now) => (at > now - NOW_MS ? 0.09 : 0.01) }],
  ])('%s', async (_, call, given) => {
    expect(await detectIn(world(call, given), dependencyOutage)).toEqual([]);
  });
});

describe('callFailure', () => {
  it.each<[Labels, ReturnType<typeof callFailure>]>([
    [{ error_type: 'ECONNREFUSED' }, 'unreachable'],
    [{ error_type: 'java.net.UnknownHostException' }, 'unreachable'],
    [{ exception: 'None', status: '200' }, null],
    [{ error_type: 'ETIMEDOUT' }, 'failed'],
    [{ error_type: '503', http_response_status_code: '503' }, 'failed'],
    [{ error_type: '429', http_response_status_code: '429' }, null],
    [{ db_response_status_code: '08006' }, 'unreachable'],
    [{ response_code: '0', response_flags: 'DC' }, null],
    [{ grpc_code: 'NotFound' }, null],
    [{ rpc_grpc_status_code: '4' }, 'failed'],
    [{ status_code: '0' }, 'unreachable'],
    [{}, null],
  ])('%j', (labels, expected) => {
    expect(callFailure(labels)).toBe(expected);
  });
});

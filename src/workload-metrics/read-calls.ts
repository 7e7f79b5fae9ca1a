import type { Subject } from '../domain/subject.ts';
import { promqlString, workloadMatchers } from '../domain/workload-series.ts';
import type { ReadContext } from '../plugin/context.ts';
import type { RangeSeries } from '../ports/metrics.ts';
import { CALL_STATUS_LABELS, callFailure } from './call-failure.ts';
import type { Points } from './time-points.ts';
import { addInto, finitePoints, wholeSecond } from './time-points.ts';

/** What a caller sees of one thing that it calls. Rates per second; `seconds` is the time that calls took, per second. */
export interface CallsTo {
  /** A host as the caller writes it, or a workload's name where a mesh or a trace tells that. */
  readonly address: string;
  readonly total: Points;
  readonly failed: Points;
  /** Those that never reached it. */
  readonly unreachable: Points;
  readonly seconds: Points;
}

const BACK_MS = 40 * 60_000;
const STEP_MS = 30_000;
const RATE = '[2m]';

// OpenTelemetry's clients of HTTP, RPC and databases, now (seconds) and before (milliseconds); Micrometer's; those of prom-client users.
const SECONDS =
  '(http[._]client[._]request[._]duration|http_client_requests|rpc[._]client[._]call[._]duration|db[._]client[._]operation[._]duration)(_seconds)?';
const MILLISECONDS =
  '((http|rpc)[._]client[._]duration(_milliseconds|_ms)?|http_client_request_duration_(milliseconds|ms)|envoy_cluster_upstream_rq_time)';
const ADDRESS_LABELS = [
  'server_address',
  'net_peer_name',
  'client_name',
  'clientName',
  'peer_service',
  'envoy_cluster_name',
  'destination_service',
  'dst_deployment',
  'server',
] as const;

export interface CallsReading {
  readonly calls: readonly CallsTo[];
  readonly queries: readonly string[];
  readonly at: number;
  readonly from: number;
}

/** Reads all calls of one workload, in every naming, in two queries over the last 40 minutes. */
export async function readCalls(subject: Subject, ctx: Pick<ReadContext, 'metrics' | 'now'>): Promise<CallsReading> {
  const at = wholeSecond(ctx.now());
  const queries = [countQuery(subject), secondsQuery(subject)] as const;
  const counts = await ctx.metrics.range(queries[0], at - BACK_MS, at, STEP_MS);
  if (counts.series.length === 0) return { calls: [], queries, at, from: at - BACK_MS };
  const seconds = await ctx.metrics.range(queries[1], at - BACK_MS, at, STEP_MS);
  return { calls: byAddress(counts.series, seconds.series), queries, at, from: at - BACK_MS };
}

function countQuery(subject: Subject): string {
  const names = promqlString(`(${SECONDS}|${MILLISECONDS})_count|envoy_cluster_upstream_rq_xx`);
  const keep = [...ADDRESS_LABELS, ...CALL_STATUS_LABELS].join(', ');
  const own = workloadMatchers([subject]).map(
    (place) => `sum by (${keep}) (rate({__name__=~${names},${place}}${RATE}))`,
  );
  return [
    ...own,
    `sum by (destination_service, response_code, response_flags) (rate(istio_requests_total{${istioSource(subject)}}${RATE}))`,
    `sum by (dst_deployment, classification) (rate(response_total{${linkerdSource(subject)}}${RATE}))`,
    `sum by (client, server) (rate(traces_service_graph_request_total{client=${promqlString(subject.name)}}${RATE}))`,
    `label_replace(sum by (client, server) (rate(traces_service_graph_request_failed_total{client=${promqlString(subject.name)}}${RATE})), "classification", "failure", "", "")`,
  ].join('\nor ');
}

function secondsQuery(subject: Subject): string {
  const keep = ADDRESS_LABELS.join(', ');
  const own = workloadMatchers([subject]).flatMap((place) => [
    `sum by (${keep}) (rate({__name__=~${promqlString(`(${SECONDS})_sum`)},${place}}${RATE}))`,
    `sum by (${keep}) (rate({__name__=~${promqlString(`${MILLISECONDS}_sum`)},${place}}${RATE})) / 1000`,
  ]);
  return [
    ...own,
    `sum by (destination_service) (rate(istio_request_duration_milliseconds_sum{${istioSource(subject)}}${RATE})) / 1000`,
    `sum by (dst_deployment) (rate(response_latency_ms_sum{${linkerdSource(subject)}}${RATE})) / 1000`,
    `sum by (server) (rate(traces_service_graph_request_client_seconds_sum{client=${promqlString(subject.name)}}${RATE}))`,
  ].join('\nor ');
}

/** The source knows of calls that never arrived; with both reporters each call would be there twice. */
function istioSource({ namespace, name }: Subject): string {
  return `reporter="source",source_workload_namespace=${promqlString(namespace)},source_workload=${promqlString(name)}`;
}

function linkerdSource({ namespace, name, kind }: Subject): string {
  return `direction="outbound",namespace=${promqlString(namespace)},${kind.toLowerCase()}=${promqlString(name)}`;
}

function byAddress(counts: readonly RangeSeries[], durations: readonly RangeSeries[]): readonly CallsTo[] {
  const calls = new Map<string, CallsTo>();
  const callsTo = (address: string): CallsTo => {
    const held = calls.get(address);
    if (held) return held;
    const made = { address, total: points(), failed: points(), unreachable: points(), seconds: points() };
    calls.set(address, made);
    return made;
  };
  for (const one of counts) {
    const address = addressOf(one.labels);
    if (address === null) continue;
    const held = callsTo(address);
    const rates = finitePoints(one);
    const failure = callFailure(one.labels);
    // The failed calls of a service graph are a metric of their own, and among its total already.
    const isExtra = one.labels.client !== undefined && one.labels.classification === 'failure';
    if (!isExtra) addInto(held.total, rates);
    if (failure !== null) addInto(held.failed, rates);
    if (failure === 'unreachable') addInto(held.unreachable, rates);
  }
  for (const one of durations) {
    const address = addressOf(one.labels);
    if (address !== null) addInto(callsTo(address).seconds, finitePoints(one));
  }
  return [...calls.values()];
}

function points(): Points {
  return new Map();
}

/** Envoy names its clusters `outbound|80||orders.shop.svc.cluster.local` in a mesh, and by hand elsewhere. */
function addressOf(labels: Readonly<Record<string, string>>): string | null {
  const found = ADDRESS_LABELS.map((label) => labels[label]).find((value) => value !== undefined && value !== '');
  if (found === undefined || found === 'unknown') return null;
  return found.split('|').at(-1) || null;
}

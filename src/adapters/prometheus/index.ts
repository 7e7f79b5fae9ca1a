import { HaleError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { InstantSample, MetricsAnswer, MetricsReader, QueryOptions } from '../../ports/metrics.ts';
import { createHttpTarget, type HttpAuth, type TlsFiles } from '../http/target.ts';
import { metricsFailure, metricsRefusal } from './errors.ts';
import {
  createSampleReader,
  type Envelope,
  parseAlertRules,
  parseEnvelope,
  parseInstant,
  parseRange,
  parseVersion,
  type SampleReader,
} from './parse.ts';

export interface PrometheusOptions {
  /** With the path prefix, if the server has one. */
  readonly url: string;
  readonly auth?: HttpAuth;
  readonly tls?: TlsFiles;
  /** Sent with each request, such as `X-Scope-OrgID`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Most series of an answer, where the call does not say. */
  readonly maxSeries?: number;
  /** Largest answer that is read. */
  readonly maxBytes?: number;
  readonly ioClock?: Clock;
}

/** Prometheus refuses more, web/api/v1/api.go: (end - start) / step > 11000. */
const MAX_STEPS = 11_000;
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_SERIES = 1_000;
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

/** Reads Prometheus over its HTTP API. Nothing is retried here: whoever asks knows how long an answer is worth waiting for. */
export function createPrometheus(options: PrometheusOptions): MetricsReader & { close(): void } {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const defaultMaxSeries = options.maxSeries ?? DEFAULT_MAX_SERIES;
  const target = createHttpTarget('prometheus.url', {
    url: options.url,
    auth: options.auth,
    tls: options.tls,
    headers: options.headers,
    timeoutMs,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    ioClock: options.ioClock,
  });

  async function ask<T>(
    what: string,
    request: { path: string; form?: Record<string, string>; query?: Record<string, string> },
    signal: AbortSignal | undefined,
    parse: (envelope: Envelope) => T,
    samples?: SampleReader,
  ): Promise<T> {
    try {
      const answer = await target.send({
        method: request.form === undefined ? 'GET' : 'POST',
        path: request.path,
        ...(request.query === undefined ? {} : { query: new URLSearchParams(request.query) }),
        ...(request.form === undefined
          ? {}
          : {
              body: {
                type: 'application/x-www-form-urlencoded',
                text: new URLSearchParams(request.form).toString(),
              },
            }),
        signal,
        onText: samples && ((piece) => samples.push(piece)),
      });
      if (answer.status !== 200) throw metricsRefusal(answer, what, target.shown);
      const { envelope, warnings } = samples?.end() ?? { envelope: parseEnvelope(answer.body), warnings: [] };
      if (envelope.status === 'error') throw metricsRefusal({ ...answer, status: 422 }, what, target.shown);
      return parse({ ...envelope, warnings: [...envelope.warnings, ...warnings] });
    } catch (error) {
      throw metricsFailure(error, what, target.shown);
    }
  }

  function query<T>(
    kind: 'instant' | 'range',
    form: Record<string, string>,
    given: QueryOptions | undefined,
    parse: (data: unknown) => MetricsAnswer<T>,
    take?: (sample: InstantSample) => void,
  ): Promise<MetricsAnswer<T>> {
    const maxSeries = given?.maxSeries ?? defaultMaxSeries;
    const path = kind === 'instant' ? '/api/v1/query' : '/api/v1/query_range';
    // One more than is accepted, so that an answer cut by the server is seen to be cut. Old servers ignore the limit.
    const bounds = { timeout: `${timeoutMs}ms`, limit: String(maxSeries + 1) };
    const limit = (count: number): void => {
      if (count <= maxSeries) return;
      throw new HaleError(
        'metrics-limit',
        `Prometheus at ${target.shown}: the ${kind} query answers with more than ${maxSeries} series; aggregate it, or raise prometheus.maxSeries`,
        { details: { maxSeries } },
      );
    };
    const whole = (envelope: Envelope): MetricsAnswer<T> => {
      const answer = parse(envelope.data);
      limit(answer.series.length);
      return { series: answer.series, warnings: [...envelope.warnings, ...answer.warnings] };
    };
    const samples =
      take &&
      createSampleReader((sample, count) => {
        limit(count);
        if (sample !== null) take(sample);
      });
    return ask(`the ${kind} query`, { path, form: { ...form, ...bounds } }, given?.signal, whole, samples);
  }

  return {
    async instant(expression, at, given) {
      return query('instant', { query: expression, time: inSeconds(at) }, given, parseInstant, given?.take);
    },
    async range(expression, from, to, stepMs, given) {
      checkWindow(from, to, stepMs);
      const form = { query: expression, start: inSeconds(from), end: inSeconds(to), step: inSeconds(stepMs) };
      return query('range', form, given, parseRange);
    },
    alertRules: (given) =>
      ask('the list of rules', { path: '/api/v1/rules', query: { type: 'alert' } }, given?.signal, (envelope) =>
        parseAlertRules(envelope.data),
      ),
    version: (given) =>
      ask('the question for its version', { path: '/api/v1/status/buildinfo' }, given?.signal, (envelope) =>
        parseVersion(envelope.data),
      ),
    close: () => target.close(),
  };
}

/** Seconds with three decimals, from whole milliseconds without rounding errors. */
function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function checkWindow(from: number, to: number, stepMs: number): void {
  if (!(stepMs >= 1) || !(from <= to)) {
    throw new HaleError(
      'metrics-rejected',
      `range query from ${from} to ${to} by ${stepMs} ms: the step must be at least 1 ms and the end not before the start`,
    );
  }
  const steps = (to - from) / stepMs;
  if (steps > MAX_STEPS) {
    throw new HaleError(
      'metrics-limit',
      `range query of ${Math.ceil(steps)} points a series: Prometheus answers with at most ${MAX_STEPS}; use a step of at least ${Math.ceil((to - from) / MAX_STEPS)} ms`,
    );
  }
}

import { Agent, request } from 'undici';
import { errorCode } from './log.ts';
import type { ShopMetrics } from './metrics.ts';

/** The next service gave no good answer. `statusCode` is 0 when it gave none at all. */
export class UpstreamError extends Error {
  readonly code: string;
  readonly statusCode: number;
  constructor(message: string, code: string, statusCode: number, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.statusCode = statusCode;
  }
}

export interface Call {
  method: 'GET' | 'POST';
  url: string;
  body?: unknown;
  traceparent: string;
}

export interface Outbound {
  call(call: Call): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * A Service balances connections, not requests: with endless keep-alive a new replica would get nothing. Each connection
 * is therefore given up after some requests, and also after some time: while every answer takes seconds, a count alone keeps
 * all traffic on the overloaded replica for a minute. Idle ones close earlier than node:http's own 5 s.
 */
const maxRequestsPerConnection = 20;
const maxConnectionAgeMs = 2000;
const idleConnectionMs = 2000;
const maxConnections = 256;

export function createOutbound(metrics: ShopMetrics, timeoutMs: number, clock: () => number): Outbound {
  const agent = new Agent({
    connections: maxConnections,
    maxRequestsPerClient: maxRequestsPerConnection,
    clientTtl: maxConnectionAgeMs,
    keepAliveTimeout: idleConnectionMs,
    keepAliveMaxTimeout: idleConnectionMs,
  });

  async function call({ method, url, body, traceparent }: Call): Promise<unknown> {
    const { host } = new URL(url);
    const startedMs = clock();
    let statusCode = 0;
    try {
      const response = await request(url, {
        method,
        dispatcher: agent,
        signal: AbortSignal.timeout(timeoutMs),
        headers: { traceparent, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
      });
      ({ statusCode } = response);
      const text = await response.body.text();
      if (statusCode >= 400) {
        throw new UpstreamError(`${method} ${host} answered ${statusCode}`, `HTTP_${statusCode}`, statusCode);
      }
      return JSON.parse(text) as unknown;
    } catch (error) {
      if (error instanceof UpstreamError) throw error;
      if (error instanceof Error && error.name === 'TimeoutError') {
        throw new UpstreamError(`${method} ${host} gave no answer within ${timeoutMs} ms`, 'ETIMEDOUT', 0, error);
      }
      const code = errorCode(error) ?? 'UNKNOWN';
      throw new UpstreamError(`${method} ${host} failed: ${String(error)}`, code, 0, error);
    } finally {
      metrics.clientDuration.observe(
        { method, server_address: host, status_code: String(statusCode) },
        (clock() - startedMs) / 1000,
      );
    }
  }

  return { call, stop: () => agent.destroy() };
}

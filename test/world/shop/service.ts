import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Database } from './database.ts';
import type { Faults } from './faults.ts';
import { changeFaults } from './faults.ts';
import type { Journal } from './journal.ts';
import type { ShopLog } from './log.ts';
import { errorFields } from './log.ts';
import { createKeptMemory } from './memory.ts';
import type { ShopMetrics } from './metrics.ts';
import { UpstreamError } from './outbound.ts';
import type { Route } from './routes.ts';
import { RefusedRequest } from './routes.ts';
import { createSpinners } from './spinners.ts';
import { readTrace } from './trace.ts';
import { shareToPay, voucherOf } from './vouchers.ts';

export interface ServiceOptions {
  routes: readonly Route[];
  database: Database | undefined;
  journal?: Journal | undefined;
  metrics: ShopMetrics;
  log: ShopLog;
  /** Shared with the database, which reads it anew for every query. */
  faults: { current: Faults };
  workMs: number;
  drainMs: number;
  readyNeedsDatabase: boolean;
  tls?: { port: number; cert: string; key: string } | undefined;
  /** Ends the process at once, as an error that nobody caught does. */
  crash: (why: string) => void;
  sleep: (ms: number) => Promise<void>;
  clock: () => number;
  /** 0 <= x < 1. */
  random: () => number;
  /** `n` random bytes as lower-case hexadecimal. */
  randomHex: (bytes: number) => string;
}

export interface Service {
  start(port: number, address: string): Promise<number>;
  /** Ready is false at once; the port closes after the drain time; running requests are waited for. */
  stop(): Promise<void>;
}

interface Reply {
  status: number;
  body: unknown;
}

const maxBodyBytes = 16 * 1024;

/** Thrown on purpose by the fault `errorRate`. */
class InjectedFault extends Error {}

export function createService(options: ServiceOptions): Service {
  const { routes, database, metrics, log, faults, sleep, clock } = options;
  const memory = createKeptMemory();
  const spinners = createSpinners();
  let isStopping = false;
  let requests = 0;
  let cancelExit: () => void = () => undefined;

  async function runRoute(route: Route, request: IncomingMessage, url: URL): Promise<Reply> {
    const startedMs = clock();
    const trace = readTrace(request.headers.traceparent, options.randomHex);
    let reply: Reply;
    let failure: unknown;
    try {
      const body = route.method === 'POST' ? await readJson(request) : undefined;
      const { latencyMs, errorRate, cpuBurnMs, memoryLeakKb, bugEvery, journalKb } = faults.current;
      requests += 1;
      if (latencyMs > 0) await sleep(latencyMs);
      if (options.random() < errorRate) throw new InjectedFault('this release fails on some requests');
      burn(cpuBurnMs, clock);
      memory.leak(memoryLeakKb);
      await options.journal?.add(journalKb);
      shareToPay(voucherOf(requests, bugEvery));
      if (options.workMs > 0) await sleep(options.workMs);
      reply = { status: 200, body: await route.answer({ query: url.searchParams, body, ...trace }) };
    } catch (error) {
      failure = error;
      reply = { status: statusOf(error), body: { error: error instanceof Error ? error.message : String(error) } };
    }
    const durationMs = clock() - startedMs;
    metrics.serverDuration.observe(
      { method: route.method, route: route.template, status_code: String(reply.status) },
      durationMs / 1000,
    );
    const fields = {
      'trace.id': trace.traceId,
      'http.request.method': route.method,
      'http.response.status_code': reply.status,
      'url.path': url.pathname,
      'http.route': route.template,
      'event.duration': Math.round(durationMs * 1e6),
    };
    if (reply.status >= 500) log.error({ ...fields, ...errorFields(failure) }, 'request failed');
    else if (reply.status >= 400) log.warn({ ...fields, ...errorFields(failure) }, 'request refused');
    else log.info(fields, 'request served');
    return reply;
  }

  /** Those faults that do not wait for a request. */
  async function obeyAtOnce({ idleConnections, allocateMb, exitAfterMs, spinThreads }: Faults): Promise<void> {
    await database?.holdIdleConnections(idleConnections);
    cancelExit();
    if (exitAfterMs > 0) {
      const timer = setTimeout(() => options.crash('this release gives up after a while'), exitAfterMs);
      cancelExit = () => clearTimeout(timer);
    }
    memory.hold(allocateMb);
    await spinners.set(spinThreads);
  }

  async function switchFaults(request: IncomingMessage): Promise<Reply> {
    if (request.method === 'POST') {
      const outcome = changeFaults(faults.current, await readJson(request), database !== undefined);
      if ('problem' in outcome) return { status: 400, body: { error: outcome.problem } };
      faults.current = outcome.faults;
      await obeyAtOnce(outcome.faults);
      log.info({ 'labels.faults': JSON.stringify(outcome.faults) }, 'faults were switched');
    } else if (request.method !== 'GET') {
      return { status: 405, body: { error: 'use GET or POST' } };
    }
    const { heldConnections = 0, leakedClients = 0 } = database ?? {};
    const { leakedKib } = memory;
    return { status: 200, body: { faults: faults.current, heldConnections, leakedClients, leakedKib } };
  }

  async function readiness(): Promise<Reply> {
    if (isStopping) return { status: 503, body: { ready: false, reason: 'stopping' } };
    if (options.readyNeedsDatabase && database !== undefined) {
      try {
        await database.query('select 1', [], 'readiness');
      } catch {
        // The database part has logged the error with its code already.
        return { status: 503, body: { ready: false, reason: 'database' } };
      }
    }
    return { status: 200, body: { ready: true } };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://shop.invalid');
    if (url.pathname === '/metrics') {
      response.setHeader('content-type', metrics.registry.contentType);
      response.end(await metrics.registry.metrics());
      return;
    }
    if (url.pathname === '/healthz') return send(response, { status: 200, body: { alive: true } });
    if (url.pathname === '/readyz') return send(response, await readiness());
    if (url.pathname === '/faults') return send(response, await switchFaults(request));
    const route = routes.find(({ method, template }) => method === request.method && template === url.pathname);
    if (route === undefined) {
      const known = routes.map(({ method, template }) => `${method} ${template}`).join(', ');
      return send(response, { status: 404, body: { error: `no such route; there are: ${known}` } });
    }
    send(response, await runRoute(route, request, url));
  }

  function send(response: ServerResponse, { status, body }: Reply): void {
    // While draining, callers are told to come back over another connection, and so to another pod.
    if (isStopping) response.setHeader('connection', 'close');
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  function listener(request: IncomingMessage, response: ServerResponse): void {
    answer(request, response).catch((error: unknown) => {
      if (statusOf(error) >= 500) log.error(errorFields(error), 'request could not be answered');
      if (response.headersSent) response.destroy();
      else send(response, { status: statusOf(error), body: { error: String(error) } });
    });
  }
  const server: Server = createServer(listener);
  const { tls } = options;
  const tlsServer = tls && createTlsServer({ cert: tls.cert, key: tls.key }, listener);

  return {
    async start(port, address) {
      if (faults.current.journalKb === 0) await options.journal?.clear();
      await obeyAtOnce(faults.current);
      await listen(server, port, address);
      if (tls && tlsServer) await listen(tlsServer, tls.port, address);
      return (server.address() as AddressInfo).port;
    },
    async stop() {
      isStopping = true;
      cancelExit();
      await spinners.set(0);
      await sleep(options.drainMs);
      await Promise.all(
        [server, tlsServer].map((it) => {
          const closed = new Promise<void>((resolve) => (it ? it.close(() => resolve()) : resolve()));
          it?.closeIdleConnections();
          return closed;
        }),
      );
    },
  };
}

function listen(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new RefusedRequest(`the body is longer than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (cause) {
    throw new RefusedRequest('the body must be JSON', { cause });
  }
}

function statusOf(error: unknown): number {
  if (error instanceof RefusedRequest) return 400;
  if (error instanceof UpstreamError) {
    if (error.code === 'ETIMEDOUT') return 504;
    // What the asker did wrong stays the asker's error on the way back.
    return error.statusCode >= 400 && error.statusCode < 500 ? error.statusCode : 502;
  }
  return 500;
}

/** Keeps the event loop busy, so that the processor is really used up. */
function burn(durationMs: number, clock: () => number): void {
  if (durationMs === 0) return;
  const untilMs = clock() + durationMs;
  while (clock() < untilMs);
}

import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import underPressure from '@fastify/under-pressure';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { isLoopback } from '../config/loopback.ts';
import { HaleError } from '../domain/errors.ts';
import type { Operations } from '../operations/index.ts';
import type { Readiness } from '../operations/results.ts';
import { slowSenderLimits } from './alerts-route.ts';
import { API_ROUTES } from './api-routes.ts';
import { type ApiToken, type Authorize, createAuthorize } from './api-tokens.ts';
import { errorAnswer } from './error-answer.ts';

export interface HttpServerOptions {
  readonly listen: {
    readonly host: string;
    /** 0 lets the kernel choose. */
    readonly port: number;
    readonly tls: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile: string | null } | null;
  };
  readonly operations: Operations;
  /** `POST /api/v1/alerts`, with limits and authentication of its own. */
  readonly alerts: (app: FastifyInstance) => Promise<void>;
  readonly tokens: readonly ApiToken[];
  readonly readiness: () => Promise<Readiness>;
  readonly metricsText: () => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly limits: {
    /** A sender must have sent its whole request within this time. */
    readonly bodyTimeoutMs: number;
    /** Most connections at once; more are closed. */
    readonly maxConnections: number;
    /** Beyond this lag of the event loop requests are answered 503. */
    readonly maxEventLoopDelayMs: number;
  };
  readonly log: HttpLog;
  /** Counts answers: route pattern, status. */
  readonly onAnswer?: (route: string, status: number) => void;
}

export interface HttpLog {
  info(data: Record<string, unknown>, message: string): void;
  warn(data: Record<string, unknown>, message: string): void;
  error(data: Record<string, unknown>, message: string): void;
}

export interface HttpServer {
  readonly url: string;
  /** Takes no new request and waits for those under way at most `withinMs`; then cuts them off. */
  close(withinMs: number): Promise<void>;
}

/** Bodies of the API are a few words; alerts have their own limit. */
const API_BODY_BYTES = 16 * 1024;
const KEEP_ALIVE_MS = 72_000;
const RETRY_AFTER_S = 2;

/** Opens the HTTP door. Errors: config-invalid when it cannot listen there or the certificate cannot be used. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { listen, limits, log } = options;
  const app = await buildApp(options);
  try {
    const url = await app.listen({ host: listen.host, port: listen.port });
    return { url, close: (withinMs) => close(app, withinMs) };
  } catch (error) {
    await app.close();
    const why = error instanceof Error ? error.message : String(error);
    log.error({ err: error, maxConnections: limits.maxConnections }, 'cannot listen');
    throw new HaleError(
      'config-invalid',
      `cannot listen on ${listen.host}:${listen.port}: ${why}; change listen.host or listen.port`,
      { cause: error },
    );
  }
}

async function buildApp(options: HttpServerOptions): Promise<FastifyInstance> {
  const { listen, limits, log, onAnswer } = options;
  const { requestTimeout, server } = slowSenderLimits(limits.bodyTimeoutMs);
  const common = {
    logger: false,
    bodyLimit: API_BODY_BYTES,
    requestTimeout,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle' as const,
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error: unknown, _request: FastifyRequest, reply: FastifyReply) =>
      void sendError(error, reply, log),
  };
  const app: FastifyInstance =
    listen.tls === null
      ? Fastify({ ...common, http: server })
      : Fastify({ ...common, https: { ...server, ...tlsOptions(listen.tls) } });
  app.server.maxConnections = limits.maxConnections;

  app.setErrorHandler((error, _request, reply) => sendError(error, reply, log));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0];
    return sendError(new HaleError('not-found', `there is no ${request.method} ${path}`), reply, log);
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
  });
  if (onAnswer !== undefined) {
    app.addHook('onResponse', async (request, reply) =>
      onAnswer(request.routeOptions.url ?? 'unknown', reply.statusCode),
    );
  }

  registerProbes(app, options);
  await app.register(async (scope) => {
    await scope.register(underPressure, {
      maxEventLoopDelay: limits.maxEventLoopDelayMs,
      pressureHandler: async () => {
        throw new HaleError('overloaded', 'Hale is overloaded; send this again');
      },
    });
    await options.alerts(scope);
    await scope.register(async (api) =>
      registerApi(api, options, createAuthorize(options.tokens, isLoopback(listen.host))),
    );
  });
  return app;
}

/** Outside the guard against overload: a busy process is alive, and its figures are wanted most of all then. */
function registerProbes(app: FastifyInstance, { readiness, metricsText }: HttpServerOptions): void {
  app.get('/healthz', async () => ({ alive: true }));
  app.get('/readyz', async (_request, reply) => {
    const report = await readiness();
    return reply.code(report.ready ? 200 : 503).send(report);
  });
  app.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await metricsText();
    return reply.type(contentType).send(body);
  });
}

function registerApi(api: FastifyInstance, { operations }: HttpServerOptions, authorize: Authorize): void {
  for (const route of API_ROUTES) {
    api.route({
      method: route.method,
      url: route.path,
      // Who asks is checked before the body is read.
      onRequest: async (request) => void authorize(request.headers, route.role),
      handler: async (request) => {
        const caller = authorize(request.headers, route.role);
        const params = request.params as Readonly<Record<string, string>>;
        return route.run(operations, { params, query: { ...(request.query as object) }, body: request.body, caller });
      },
    });
  }
}

function sendError(error: unknown, reply: FastifyReply, log: HttpLog): FastifyReply {
  const { status, body, level } = errorAnswer(error);
  const { code } = body.error;
  const route = reply.request.routeOptions.url ?? 'unknown';
  if (level === 'error') log.error({ code, status, route, err: error }, 'request failed');
  else log[level]({ code, status, route }, 'request refused');
  if (status === 503) reply.header('retry-after', String(RETRY_AFTER_S));
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  // The rest of a body that was not read would be taken for the next request.
  if (status === 401 || status === 403 || status === 413 || status === 503) reply.header('connection', 'close');
  return reply.code(status).send(body);
}

/** What is no HTTP at all, or comes too slowly, never reaches a route. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const slow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const large = error.code === 'HPE_HEADER_OVERFLOW';
  const status = slow ? '408 Request Timeout' : large ? '431 Request Header Fields Too Large' : '400 Bad Request';
  const message = slow
    ? 'the request did not arrive in time'
    : large
      ? 'the headers are too large'
      : 'this is not an HTTP request that can be read';
  const body = JSON.stringify({ error: { code: 'usage-invalid', message } });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

export function tlsOptions(tls: NonNullable<HttpServerOptions['listen']['tls']>, section = 'listen.tls') {
  try {
    return {
      cert: readFileSync(tls.certFile),
      key: readFileSync(tls.keyFile),
      minVersion: 'TLSv1.2' as const,
      // A client without certificate may still prove itself otherwise; what accepts certificates looks at `authorized`.
      ...(tls.clientCaFile === null
        ? {}
        : { ca: readFileSync(tls.clientCaFile), requestCert: true, rejectUnauthorized: false }),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HaleError('config-invalid', `${section}: ${why}; write files that Hale may read`, { cause: error });
  }
}

export async function close(app: FastifyInstance, withinMs: number): Promise<void> {
  const server: Server = app.server;
  const cutOff = setTimeout(() => server.closeAllConnections(), withinMs);
  try {
    await app.close();
  } finally {
    clearTimeout(cutOff);
  }
}

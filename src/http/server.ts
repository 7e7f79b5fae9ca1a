import underPressure from '@fastify/under-pressure';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { isLoopback } from '../config/loopback.ts';
import { HaleError } from '../domain/errors.ts';
import type { AlertIntake } from '../intake/alert-intake.ts';
import type { Operations } from '../operations/index.ts';
import type { Readiness } from '../operations/results.ts';
import { API_ROUTES } from './api-routes.ts';
import { type ApiToken, type Authorize, createAuthorize } from './api-tokens.ts';
import { ALERTS_PATH } from './door/alerts-path.ts';
import type { AlertsSettings } from './door/messages.ts';
import { type Door, openDoor } from './door/open-door.ts';
import { errorAnswer } from './error-answer.ts';
import { type Listen, RETRY_AFTER_S, tlsOptions } from './listening.ts';

export interface HttpServerOptions {
  readonly listen: Listen;
  readonly operations: Operations;
  /** `POST /api/v1/alerts`: how bodies are read, and who stores what was read. */
  readonly alerts: AlertsSettings & { readonly intake: AlertIntake; readonly onNotRead?: (code: string) => void };
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
  /** Resolves when it stopped listening though nobody asked it to. */
  readonly failed: Promise<Error>;
  /** Takes no new request and waits for those under way at most `withinMs`; then cuts them off. */
  close(withinMs: number): Promise<void>;
}

/** Bodies of the API are a few words; alerts have their own limit. */
const API_BODY_BYTES = 16 * 1024;
/** A main thread that is silent for longer than this answers nothing any more that is worth waiting for. */
const GIVE_UP_AFTER_MS = 10_000;

/**
 * Opens the HTTP door: a thread of its own listens and reads alerts, the app on this thread answers the rest. Errors: config-invalid when it
 * cannot listen there or the certificate cannot be used.
 */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { listen, limits, log, onAnswer, alerts } = options;
  const { intake, onNotRead, ...settings } = alerts;
  const tls = listen.tls === null ? null : tlsOptions(listen.tls);
  const app = await buildApp(options);
  let door: Door;
  try {
    door = await openDoor({
      settings: {
        host: listen.host,
        port: listen.port,
        tls,
        bodyTimeoutMs: limits.bodyTimeoutMs,
        maxConnections: limits.maxConnections,
        maxApiBodyBytes: API_BODY_BYTES,
        putOffAfterMs: limits.maxEventLoopDelayMs,
        giveUpAfterMs: Math.max(GIVE_UP_AFTER_MS, limits.maxEventLoopDelayMs),
        alerts: settings,
      },
      app,
      intake,
      onWarning: (message, data) => log.warn(data, message),
      onAnswer: (status) => onAnswer?.(ALERTS_PATH, status),
      onNotRead: (code) => onNotRead?.(code),
    });
  } catch (error) {
    await app.close();
    log.error({ err: error, maxConnections: limits.maxConnections }, 'cannot listen');
    throw error;
  }
  return {
    url: door.url,
    failed: door.failed,
    async close(withinMs) {
      await door.close(withinMs);
      await app.close();
    },
  };
}

async function buildApp(options: HttpServerOptions): Promise<FastifyInstance> {
  const { listen, limits, log, onAnswer } = options;
  const app: FastifyInstance = Fastify({
    logger: false,
    bodyLimit: API_BODY_BYTES,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, _request, reply) => void sendError(error, reply, log),
  });

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

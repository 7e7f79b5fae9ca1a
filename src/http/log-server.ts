import type { Server } from 'node:http';
import Fastify, { type FastifyInstance } from 'fastify';
import { HaleError } from '../domain/errors.ts';
import { answerClientError, type Listen, slowSenderLimits, tlsOptions } from './listening.ts';

export interface LogServerOptions {
  readonly listen: Listen;
  readonly routes: (app: FastifyInstance) => Promise<void>;
  readonly limits: {
    /** A sender must have sent its whole request within this time. */
    readonly bodyTimeoutMs: number;
    readonly maxConnections: number;
  };
  readonly onAnswer?: (route: string, status: number) => void;
}

export interface LogServer {
  readonly url: string;
  /** Takes no new request and waits for those under way at most `withinMs`; then cuts them off. */
  close(withinMs: number): Promise<void>;
}

/** Shippers keep their connections for long, and do not expect the server to end them in between. */
const KEEP_ALIVE_MS = 310_000;

/**
 * The door for shippers of logs: a listener of its own, for they expect an Elasticsearch at `/`, and a flood of logs must not take the
 * connections that alerts come through. Errors: config-invalid when it cannot listen there or the certificate cannot be used.
 */
export async function createLogServer({ listen, routes, limits, onAnswer }: LogServerOptions): Promise<LogServer> {
  const { requestTimeout, server } = slowSenderLimits(limits.bodyTimeoutMs);
  const common = {
    logger: false,
    requestTimeout,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle' as const,
    routerOptions: { maxParamLength: 1_024 },
    clientErrorHandler: answerClientError,
  };
  const app: FastifyInstance =
    listen.tls === null
      ? Fastify({ ...common, http: server })
      : Fastify({ ...common, https: { ...server, ...tlsOptions(listen.tls, 'logs.intake.tls') } });
  app.server.maxConnections = limits.maxConnections;
  app.setNotFoundHandler(async (request, reply) => {
    const reason = `there is no ${request.method} ${request.url.split('?', 1)[0]} here`;
    const cause = { type: 'invalid_request_exception', reason };
    return reply
      .header('x-elastic-product', 'Elasticsearch')
      .code(404)
      .send({ error: { root_cause: [cause], ...cause }, status: 404 });
  });
  if (onAnswer !== undefined) {
    app.addHook('onResponse', async (request, reply) =>
      onAnswer(request.routeOptions.url ?? 'unknown', reply.statusCode),
    );
  }
  await app.register(routes);
  try {
    const url = await app.listen({ host: listen.host, port: listen.port });
    return { url, close: (withinMs) => close(app, withinMs) };
  } catch (error) {
    await app.close();
    const why = error instanceof Error ? error.message : String(error);
    throw new HaleError(
      'config-invalid',
      `cannot listen for logs on ${listen.host}:${listen.port}: ${why}; change logs.intake.host or logs.intake.port`,
      { cause: error },
    );
  }
}

async function close(app: FastifyInstance, withinMs: number): Promise<void> {
  const server: Server = app.server;
  const cutOff = setTimeout(() => server.closeAllConnections(), withinMs);
  try {
    await app.close();
  } finally {
    clearTimeout(cutOff);
  }
}

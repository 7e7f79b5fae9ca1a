import type { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, HaleError, isHaleError } from '../domain/errors.ts';
import type { AlertIntake } from '../intake/alert-intake.ts';
import type { Authenticate } from '../intake/authenticate.ts';

export interface AlertsRouteOptions {
  readonly intake: AlertIntake;
  readonly authenticate: Authenticate;
  readonly limits: {
    readonly maxBodyBytes: number;
    /** Requests that may be under way at once, their bodies still arriving or being stored; more get 503 before their body is read. */
    readonly maxRequests: number;
  };
  /** What could not be looked up, and refusals with their code: for the log. */
  readonly onWarning?: (message: string, data: Readonly<Record<string, unknown>>) => void;
}

export const ALERTS_PATH = '/api/v1/alerts';

/** Soon enough to be noticed late by nobody; Alertmanager backs off by itself. */
const RETRY_AFTER_S = 2;

const STATUS_OF: Partial<Readonly<Record<ErrorCode, number>>> = {
  'body-malformed': 400,
  unauthenticated: 401,
  'body-too-large': 413,
  overloaded: 503,
  'store-unavailable': 503,
};

/**
 * `POST /api/v1/alerts`: 200 only after the durable write. Overloaded is 503 and never 429, which Alertmanager does not retry. The body stays
 * bytes until it is admitted; who sends is checked before the body is read. Time limits of slow senders are the server's: `slowSenderLimits`.
 */
export async function alertsRoute(app: FastifyInstance, options: AlertsRouteOptions): Promise<void> {
  const { intake, authenticate, limits, onWarning } = options;
  let requests = 0;

  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: limits.maxBodyBytes },
      (_request, body, done) => done(null, body),
    );
    scope.setErrorHandler((error, _request, reply) => answerError(error, reply, limits.maxBodyBytes, onWarning));

    scope.addHook('onRequest', async (request, reply) => {
      authenticate(senderOf(request));
      if (requests >= limits.maxRequests) {
        throw new HaleError('overloaded', `${requests} requests are under way already; send this again`);
      }
      requests += 1;
      // `close` comes once for every end: answered, cut off by either side, timed out.
      reply.raw.once('close', () => {
        requests -= 1;
      });
      const encoding = request.headers['content-encoding'];
      if (encoding !== undefined && encoding !== 'identity') throw unsupported(`content-encoding ${encoding}`);
    });

    scope.post(ALERTS_PATH, async (request) => {
      const { body } = request;
      if (!Buffer.isBuffer(body)) throw unsupported('a body without content-type');
      const { warnings, ...counts } = await intake.receive(body);
      for (const warning of warnings) onWarning?.('Alerts could not all be looked up', { warning });
      return counts;
    });
  });
}

/** How often Node looks for senders that are out of time. */
const LOOK_EVERY_MS = 1_000;

/**
 * What ends a sender that does not finish its request: `requestTimeout` is for Fastify, `server` for its `http` (or, with TLS, `https`) options.
 * The headers get no longer than the whole, for Node takes the longer of the two for the request.
 */
export function slowSenderLimits(bodyTimeoutMs: number): {
  readonly requestTimeout: number;
  readonly server: {
    readonly requestTimeout: number;
    readonly headersTimeout: number;
    readonly connectionsCheckingInterval: number;
  };
} {
  return {
    requestTimeout: bodyTimeoutMs,
    server: {
      requestTimeout: bodyTimeoutMs,
      headersTimeout: bodyTimeoutMs,
      connectionsCheckingInterval: Math.min(LOOK_EVERY_MS, bodyTimeoutMs),
    },
  };
}

function senderOf(request: FastifyRequest): Parameters<Authenticate>[0] {
  const { socket } = request.raw;
  const certified = 'authorized' in socket && (socket as TLSSocket).authorized;
  return { authorization: request.headers.authorization, certified, remoteAddress: socket.remoteAddress };
}

function unsupported(what: string): HaleError {
  return new HaleError('usage-invalid', `${what} is not taken; send plain JSON with content-type application/json`);
}

function answerError(
  error: unknown,
  reply: FastifyReply,
  maxBodyBytes: number,
  onWarning: AlertsRouteOptions['onWarning'],
): FastifyReply {
  const known = translate(error, maxBodyBytes);
  const status = known.code === 'usage-invalid' ? 415 : (STATUS_OF[known.code] ?? 500);
  onWarning?.('Alerts were refused', { code: known.code, status, ...(status === 500 ? { cause: error } : {}) });
  if (status === 503) reply.header('retry-after', String(RETRY_AFTER_S));
  if (status === 401) reply.header('www-authenticate', 'Bearer, Basic realm="hale"');
  // The rest of a body that was not read would be taken for the next request.
  if (status === 413 || status === 401 || status === 503) reply.header('connection', 'close');
  return reply.code(status).send({ error: { code: known.code, message: known.message } });
}

/** Fastify's own errors have codes; anything else is a defect, of which the sender learns nothing. */
function translate(error: unknown, maxBodyBytes: number): HaleError {
  if (isHaleError(error)) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const advice = 'set max_alerts in webhook_configs, group by more labels, or raise intake.maxBodyBytes';
    return new HaleError('body-too-large', `the body exceeds ${maxBodyBytes} bytes; ${advice}`);
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return unsupported('this content-type');
  if (code === 'FST_ERR_CTP_EMPTY_JSON_BODY' || code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') {
    return new HaleError('body-malformed', 'the body is empty or shorter than announced; send it whole');
  }
  return new HaleError('internal-error', 'a defect in Hale; its log has the details', { cause: error });
}

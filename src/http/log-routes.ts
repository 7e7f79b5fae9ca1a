import type { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, HaleError, isHaleError } from '../domain/errors.ts';
import type { Authenticate } from '../intake/authenticate.ts';
import { bulkDelivery } from '../log-intake/bulk-delivery.ts';
import type { Delivery } from '../log-intake/delivery.ts';
import { eventDelivery } from '../log-intake/event-delivery.ts';
import type { LogIntake } from '../log-intake/log-intake.ts';
import { type BodyBudget, readBody } from './read-body.ts';
import { type HandshakeOptions, handshakes } from './shipper-handshakes.ts';

export interface LogRoutesOptions extends HandshakeOptions {
  readonly intake: LogIntake;
  readonly authenticate: Authenticate;
  readonly limits: {
    /** Of one body, packed or not. */
    readonly maxBodyBytes: number;
    readonly maxDocumentChars: number;
    /** Of all bodies in memory at once. */
    readonly maxPendingBytes: number;
  };
  readonly onRefused?: (code: ErrorCode, message: string, cause?: unknown) => void;
}

export const EVENTS_PATH = '/api/v1/logs';
/** Shippers back off by themselves; this is for those that do not. */
const RETRY_AFTER_S = 2;
/** Whoever is refused by a door that some shippers try again without a pause waits first. */
const REFUSED_AFTER_MS = 1_000;

/** 429 with nothing taken: shippers of logs wait and send it again. */
const STATUS_OF: Partial<Readonly<Record<ErrorCode, number>>> = {
  'body-malformed': 400,
  unauthenticated: 401,
  'body-too-large': 413,
  'usage-invalid': 415,
  overloaded: 429,
  'store-unavailable': 503,
};
/** What Elasticsearch calls it. */
const TYPE_OF: Partial<Readonly<Record<ErrorCode, string>>> = {
  'body-malformed': 'illegal_argument_exception',
  unauthenticated: 'security_exception',
  'body-too-large': 'content_too_long_exception',
  'usage-invalid': 'media_type_header_exception',
  overloaded: 'es_rejected_execution_exception',
  'store-unavailable': 'unavailable_shards_exception',
  'not-found': 'invalid_index_name_exception',
};

/** The doors for log events: `_bulk` as Elasticsearch has it, with what shippers ask before, and plain events in JSON. */
export async function logRoutes(app: FastifyInstance, options: LogRoutesOptions): Promise<void> {
  const budget: BodyBudget = { maxBytes: options.limits.maxPendingBytes, usedBytes: 0 };

  // The body stays a stream until the door that it is for reads it, within the budget.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-elastic-product', 'Elasticsearch');
    options.authenticate(senderOf(request));
  });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, options));

  for (const handshake of handshakes(options)) {
    app.route({
      method: handshake.method,
      url: handshake.path,
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const said = handshake.answer((request.params as { name?: string }).name ?? '');
        return typeof said === 'string' ? reply.type('text/plain').send(said) : said;
      },
    });
  }
  for (const url of ['/_bulk', '/:index/_bulk', '/:index/_doc/_bulk']) {
    app.route({
      method: ['POST', 'PUT'],
      url,
      handler: async (request, reply) => {
        const index = (request.params as { index?: string }).index ?? null;
        const query = request.query as { filter_path?: string };
        return take(request, reply, options, budget, (body) =>
          bulkDelivery(body, {
            defaultIndex: index,
            brief: query.filter_path !== undefined,
            maxDocumentChars: options.limits.maxDocumentChars,
          }),
        );
      },
    });
  }
  app.route({
    method: ['POST', 'PUT'],
    url: EVENTS_PATH,
    handler: async (request, reply) =>
      take(request, reply, options, budget, (body) => eventDelivery(body, options.limits)),
  });
}

/** Reads the body, has it counted, and answers when the counts are durable; then watches whether the answer left. */
async function take<Answer>(
  request: FastifyRequest,
  reply: FastifyReply,
  { intake, limits }: LogRoutesOptions,
  budget: BodyBudget,
  deliveryOf: (body: Buffer) => Delivery<Answer>,
): Promise<FastifyReply> {
  const sender = { gone: false };
  reply.raw.once('close', () => {
    sender.gone = true;
  });
  const { body, release } = await readBody(
    request.raw,
    request.headers['content-encoding'],
    limits.maxBodyBytes,
    budget,
  );
  try {
    const { answer, delivered } = await intake.receive(deliveryOf(body), sender);
    if (sender.gone) delivered(false);
    else reply.raw.once('close', () => delivered(reply.raw.writableFinished));
    return await reply.type('application/json').send(answer);
  } finally {
    release();
  }
}

function senderOf(request: FastifyRequest): Parameters<Authenticate>[0] {
  const { socket } = request.raw;
  const certified = 'authorized' in socket && (socket as TLSSocket).authorized;
  return { authorization: request.headers.authorization, certified, remoteAddress: socket.remoteAddress };
}

async function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { onRefused }: LogRoutesOptions,
): Promise<FastifyReply> {
  const known = isHaleError(error)
    ? error
    : new HaleError('internal-error', 'a defect in Hale; its log has the details', { cause: error });
  onRefused?.(known.code, known.message, known.code === 'internal-error' ? error : undefined);
  const events = request.url.startsWith(EVENTS_PATH);
  // Here a 4xx other than 429 would be tried again at once and without end; what cannot be taken is counted above.
  if (
    events &&
    (known.code === 'body-too-large' || known.code === 'body-malformed' || known.code === 'usage-invalid')
  ) {
    if (known.code === 'body-too-large') reply.header('connection', 'close');
    return reply.code(200).send({ accepted: 0, refused: 1, reason: known.message });
  }
  if (events && known.code === 'unauthenticated') await new Promise((resolve) => setTimeout(resolve, REFUSED_AFTER_MS));
  const status = STATUS_OF[known.code] ?? 500;
  if ((status === 429 || status === 503) && !events && request.headers['user-agent'] === undefined) {
    // rsyslog, which does not name itself: it takes any answer in JSON without items for final and drops the batch, and sends one in text
    // twice (seen with 8.2302). A connection that is cut it tries again, whole and once.
    reply.hijack();
    reply.raw.destroy();
    return reply;
  }
  if (status === 429 || status === 503) reply.header('retry-after', String(RETRY_AFTER_S));
  if (status === 401) reply.header('www-authenticate', 'Basic realm="hale", ApiKey, Bearer');
  // The rest of a body that was not read would be taken for the next request.
  if (status !== 400) reply.header('connection', 'close');
  const cause = { type: TYPE_OF[known.code] ?? 'exception', reason: known.message };
  return reply.code(status).send({ error: { root_cause: [cause], ...cause }, status });
}

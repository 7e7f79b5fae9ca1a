import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type ErrorCode, HaleError, isHaleError } from '../../domain/errors.ts';
import { authenticator } from '../../intake/authenticate.ts';
import { type ReadAlerts, readerOf } from '../../intake/read-alerts.ts';
import { createBodyReceiver } from '../../intake/receive-body.ts';
import { JSON_HEADERS, send } from './answer.ts';
import type { AlertsSettings, FromDoor, Outcome, Taken } from './messages.ts';

const STATUS_OF: Partial<Readonly<Record<ErrorCode, number>>> = {
  'body-malformed': 400,
  unauthenticated: 401,
  'body-too-large': 413,
  'usage-invalid': 415,
  overloaded: 503,
  'store-unavailable': 503,
};

export interface AlertsDoor {
  take(request: IncomingMessage, response: ServerResponse): void;
  settle(outcome: Outcome): void;
  /** Answers all that wait with 503: nobody says any more what became of them. */
  giveUp(): void;
  readonly waiting: number;
}

interface Waiting {
  readonly resolve: (result: Taken) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * `POST /api/v1/alerts`: 200 only after the durable write. Overloaded is 503 and never 429, which Alertmanager does not retry. Who sends is
 * checked before the body is read, and the body stays bytes until it is admitted. Time limits of slow senders are the server's.
 */
export function createAlertsDoor({
  settings,
  post,
  putOff,
}: {
  readonly settings: AlertsSettings;
  readonly post: (message: FromDoor) => void;
  /** Whether the main thread is too busy for more. */
  readonly putOff: () => boolean;
}): AlertsDoor {
  const { limits } = settings;
  const authenticate = authenticator(settings.credentials);
  const waiting = new Map<number, Waiting>();
  let read: { id: number; alerts: ReadAlerts }[] = [];
  let nextId = 0;
  let requests = 0;

  const receiver = createBodyReceiver({
    reader: readerOf(settings, randomUUID),
    limits,
    take: handOver,
    onRefused: (code) => post({ kind: 'not-read', code }),
  });

  /** Bodies that arrive in one turn of the event loop cross together. */
  function handOver(alerts: ReadAlerts): Promise<Taken> {
    const id = nextId++;
    if (read.length === 0) {
      setImmediate(() => {
        const bodies = read;
        read = [];
        post({ kind: 'alerts', bodies });
      });
    }
    read.push({ id, alerts });
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  }

  /** Throws when the body is not even to be read. */
  function admit(request: IncomingMessage, response: ServerResponse): void {
    authenticate(senderOf(request));
    if (putOff()) throw new HaleError('overloaded', 'Hale is overloaded; send this again');
    if (requests >= limits.maxRequests) {
      throw new HaleError('overloaded', `${requests} requests are under way already; send this again`);
    }
    requests += 1;
    // `close` comes once for every end: answered, cut off by either side, timed out.
    response.once('close', () => {
      requests -= 1;
    });
    const { 'content-encoding': encoding, 'content-type': type, 'content-length': length } = request.headers;
    if (encoding !== undefined && encoding !== 'identity') throw unsupported(`content-encoding ${encoding}`);
    if (type === undefined) throw unsupported('a body without content-type');
    if (!JSON_TYPE.test(type)) throw unsupported('this content-type');
    if (length !== undefined && Number(length) > limits.maxBodyBytes) throw tooLarge(limits.maxBodyBytes);
  }

  function take(request: IncomingMessage, response: ServerResponse): void {
    try {
      admit(request, response);
    } catch (error) {
      refuse(response, error);
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limits.maxBodyBytes) chunks.push(chunk);
      else if (!response.writableEnded) refuse(response, tooLarge(limits.maxBodyBytes));
    });
    request.on('end', () => {
      if (response.writableEnded) return;
      receiver.receive(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length)).then(
        (result) => send(response, 200, JSON_HEADERS, JSON.stringify(result)),
        (error: unknown) => refuse(response, error),
      );
    });
    // A sender that went away in the middle: the server closes what is left, and there is nobody to answer.
    request.on('error', () => undefined);
  }

  function refuse(response: ServerResponse, error: unknown): void {
    const { code, message } = told(error);
    const status = STATUS_OF[code] ?? 500;
    const cause = isHaleError(error) ? null : String(error instanceof Error ? error.stack : error);
    post({ kind: 'refused', status, code, cause });
    send(response, status, JSON_HEADERS, JSON.stringify({ error: { code, message } }), BASIC_TOO);
  }

  return {
    take,
    settle(outcome) {
      const one = waiting.get(outcome.id);
      if (one === undefined) return;
      waiting.delete(outcome.id);
      if ('error' in outcome) one.reject(new HaleError(outcome.error.code, outcome.error.message));
      else one.resolve(outcome.result);
    },
    giveUp() {
      for (const [id, { reject }] of waiting) {
        waiting.delete(id);
        reject(new HaleError('overloaded', 'Hale does not get round to storing alerts; send this again'));
      }
    },
    get waiting() {
      return waiting.size;
    },
  };
}

const JSON_TYPE = /^\s*application\/json\s*(?:;|$)/i;
const BASIC_TOO = 'Bearer, Basic realm="hale"';

function senderOf({ headers, socket }: IncomingMessage): Parameters<ReturnType<typeof authenticator>>[0] {
  const certified = 'authorized' in socket && (socket as TLSSocket).authorized;
  return { authorization: headers.authorization, certified, remoteAddress: socket.remoteAddress };
}

function unsupported(what: string): HaleError {
  return new HaleError('usage-invalid', `${what} is not taken; send plain JSON with content-type application/json`);
}

function tooLarge(maxBodyBytes: number): HaleError {
  const advice = 'set max_alerts in webhook_configs, group by more labels, or raise intake.maxBodyBytes';
  return new HaleError('body-too-large', `the body exceeds ${maxBodyBytes} bytes; ${advice}`);
}

/** Of a defect the sender learns nothing but that it is one. */
function told(error: unknown): { readonly code: ErrorCode; readonly message: string } {
  if (isHaleError(error) && error.code !== 'internal-error') return error;
  return { code: 'internal-error', message: 'a defect in Hale; its log has the details' };
}

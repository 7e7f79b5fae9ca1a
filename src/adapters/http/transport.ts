import * as http from 'node:http';
import * as https from 'node:https';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../../ports/clock.ts';
import { describeConnectionError, HttpFailure, type HttpFailureKind } from './failure.ts';

/** What TLS needs, in PEM form. Another object means other material: new connections use it, old ones end on their own. */
export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly serverName?: string;
  /** Off only where a kubeconfig says so in so many words. */
  readonly verify?: boolean;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly tls?: TlsMaterial | undefined;
  /** `http://` address of a proxy that tunnels the connection. */
  readonly proxyUrl?: string | undefined;
  /** For the whole exchange; for a stream, until its headers are there. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Opens a connection of its own, so that one gone stale cannot leave a write in doubt. */
  readonly ownConnection?: boolean;
  /** Is given the text of an answer of status 200 as it comes, whose body is empty then. What it throws ends the exchange and is thrown on. */
  readonly onText?: ((piece: string) => void) | undefined;
  /** Called on the open connection right before the first byte; what it throws ends the exchange unsent (kind `withheld`). */
  readonly beforeSend?: () => void;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpStream {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: http.IncomingMessage;
  /** Ends the connection; reading `body` then fails. */
  cancel(): void;
}

export interface HttpTransport {
  /** One request and its whole answer, of at most `maxBytes`. Redirects are answers like any other. Throws HttpFailure. */
  exchange(request: HttpRequest, maxBytes: number): Promise<HttpAnswer>;
  /** The answer as it comes; the caller reads or cancels it. */
  stream(request: HttpRequest): Promise<HttpStream>;
  close(): void;
}

const TCP_KEEP_ALIVE_MS = 30_000;
const MAX_FREE_SOCKETS = 8;

interface OpenExchange {
  readonly answer: Promise<http.IncomingMessage>;
  readonly reusedSocket: () => boolean;
  readonly fail: (kind: HttpFailureKind, message: string, cause?: unknown) => HttpFailure;
  readonly destroy: () => void;
}

/**
 * HTTP/1.1 over Node's own client: measured on Node 24, the first request through undici or fetch costs 30 to 40 MB of resident memory, through
 * node:http 6 MB, and an idle daemon has a budget.
 */
export function createHttpTransport(ioClock: Clock): HttpTransport {
  const agents = new Map<string, { tls: TlsMaterial | undefined; agent: http.Agent }>();
  const retired = new Set<http.Agent>();

  function agentFor(request: HttpRequest): http.Agent {
    const key = `${request.url.protocol} ${request.proxyUrl ?? ''}`;
    const known = agents.get(key);
    if (known !== undefined && known.tls === request.tls) return known.agent;
    if (known !== undefined) retire(known.agent);
    const agent = createAgent(request, true);
    agents.set(key, { tls: request.tls, agent });
    return agent;
  }

  function retire(agent: http.Agent): void {
    agent.maxFreeSockets = 0;
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    // An old agent matters only while it has connections; two generations are plenty to close at the end.
    for (const old of retired) if (Object.keys(old.sockets).length === 0) retired.delete(old);
    retired.add(agent);
  }

  function open(request: HttpRequest): OpenExchange {
    const agent = request.ownConnection === true ? createAgent(request, false) : agentFor(request);
    const secure = request.url.protocol === 'https:';
    let sent = false;
    const outgoing = (secure ? https : http).request(request.url, {
      method: request.method,
      agent,
      headers: {
        ...request.headers,
        ...(request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) }),
      },
    });
    const fail = (kind: HttpFailureKind, message: string, cause?: unknown): HttpFailure =>
      new HttpFailure(kind, message, { sent, cause });
    const answer = new Promise<http.IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve);
      outgoing.on('error', (error) => {
        reject(error instanceof HttpFailure ? error : fail('connection', describeConnectionError(error), error));
      });
      const send = (): void => {
        try {
          request.beforeSend?.();
        } catch (error) {
          reject(fail('withheld', 'withheld before it was sent', error));
          outgoing.destroy();
          return;
        }
        sent = true;
        outgoing.end(request.body);
      };
      outgoing.once('socket', (socket) => {
        if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', send);
        else send();
      });
    });
    return { answer, reusedSocket: () => outgoing.reusedSocket, fail, destroy: () => outgoing.destroy() };
  }

  /** Runs `read` on the open exchange, ended by the time-out or the caller's signal, whichever comes first. */
  async function bounded<T>(request: HttpRequest, exchange: OpenExchange, read: () => Promise<T>): Promise<T> {
    const { promise: ended, reject: end } = Promise.withResolvers<never>();
    const onAbort = (): void => end(exchange.fail('aborted', 'cancelled by the caller', request.signal?.reason));
    const cancelTimer = ioClock.setTimer(request.timeoutMs, () =>
      end(exchange.fail('timeout', `no complete answer within ${request.timeoutMs} ms`)),
    );
    if (request.signal?.aborted === true) onAbort();
    else request.signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([ended, read()]);
    } catch (error) {
      exchange.destroy();
      throw error;
    } finally {
      cancelTimer();
      request.signal?.removeEventListener('abort', onAbort);
    }
  }

  async function exchangeOnce(request: HttpRequest, maxBytes: number, isRetry: boolean): Promise<HttpAnswer> {
    const exchange = open(request);
    let handedOver = false;
    let refusal: { readonly error: unknown } | null = null;
    const handOver = (piece: string): void => {
      // What comes after a refusal, until the connection is closed, is for nobody.
      if (refusal !== null) return;
      handedOver = true;
      try {
        request.onText?.(piece);
      } catch (error) {
        refusal = { error };
        throw error;
      }
    };
    const failure = await bounded(request, exchange, async () => {
      const message = await exchange.answer;
      const isTaken = request.onText !== undefined && message.statusCode === 200;
      const body = await readBody(message, maxBytes, exchange, isTaken ? handOver : undefined);
      return { status: message.statusCode ?? 0, headers: message.headers, body };
    }).catch((error: unknown) => {
      if (refusal !== null) throw refusal.error;
      return error instanceof HttpFailure ? error : exchange.fail('connection', String(error), error);
    });
    if (!(failure instanceof HttpFailure)) return failure;
    // A kept connection that the other side closed meanwhile says nothing about the other side: once more, on a new one.
    if (failure.kind === 'connection' && exchange.reusedSocket() && !isRetry && !handedOver) {
      return exchangeOnce({ ...request, ownConnection: true }, maxBytes, true);
    }
    throw failure;
  }

  return {
    exchange: (request, maxBytes) => exchangeOnce(request, maxBytes, false),
    async stream(request) {
      const exchange = open(request);
      const message = await bounded(request, exchange, () => exchange.answer);
      const onAbort = (): void => exchange.destroy();
      if (request.signal?.aborted === true) onAbort();
      request.signal?.addEventListener('abort', onAbort, { once: true });
      message.once('close', () => request.signal?.removeEventListener('abort', onAbort));
      // A stream that nobody reads any more must not end the process when it is cut.
      message.on('error', () => {});
      return { status: message.statusCode ?? 0, headers: message.headers, body: message, cancel: exchange.destroy };
    },
    close() {
      for (const { agent } of agents.values()) agent.destroy();
      for (const agent of retired) agent.destroy();
      agents.clear();
      retired.clear();
    },
  };
}

function createAgent(request: HttpRequest, keepAlive: boolean): http.Agent {
  const options = {
    keepAlive,
    keepAliveMsecs: TCP_KEEP_ALIVE_MS,
    maxFreeSockets: MAX_FREE_SOCKETS,
    ...(request.proxyUrl === undefined
      ? {}
      : { proxyEnv: { HTTP_PROXY: request.proxyUrl, HTTPS_PROXY: request.proxyUrl } }),
  };
  if (request.url.protocol !== 'https:') return new http.Agent(options);
  const { ca, cert, key, serverName, verify } = request.tls ?? {};
  return new https.Agent({
    ...options,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    rejectUnauthorized: verify ?? true,
  });
}

function readBody(
  message: http.IncomingMessage,
  maxBytes: number,
  exchange: OpenExchange,
  handOver?: (piece: string) => void,
): Promise<string> {
  const announced = Number(message.headers['content-length'] ?? 0);
  const tooLarge = (): HttpFailure => exchange.fail('too-large', `the answer is larger than ${maxBytes} bytes`);
  if (announced > maxBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    // Decoded as it comes: an answer of some megabytes in pieces, as one buffer and as text at once is three times its size.
    const decoder = new StringDecoder('utf8');
    let text = '';
    let bytes = 0;
    const take = handOver ?? ((piece: string): void => void (text += piece));
    const attempt = (piece: string): void => {
      try {
        take(piece);
      } catch (error) {
        message.destroy();
        reject(error);
      }
    };
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        message.pause();
        reject(tooLarge());
      } else attempt(decoder.write(chunk));
    });
    message.once('end', () => {
      if (message.complete) {
        attempt(decoder.end());
        resolve(text);
      } else reject(exchange.fail('connection', 'the answer was cut short'));
    });
    message.on('error', (error) => reject(exchange.fail('connection', describeConnectionError(error), error)));
    message.once('close', () => reject(exchange.fail('connection', 'the answer was cut short')));
  });
}

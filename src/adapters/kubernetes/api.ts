import { HaleError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { HttpFailure } from '../http/failure.ts';
import { createHttpTransport, type HttpAnswer, type HttpRequest, type HttpStream } from '../http/transport.ts';
import { type AccessOptions, type ClusterAccess, type Credentials, loadAccess } from './access.ts';
import { type KubeOperation, noAnswer, refusal, unreadable } from './errors.ts';
import { isObject, type Json } from './json.ts';

export interface KubeRequest {
  readonly operation: KubeOperation;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly body?: { readonly type: string; readonly value: unknown };
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
  /** See HttpRequest: the last look before the first byte. */
  readonly beforeSend?: () => void;
  /** Statuses beside success that the caller reads itself. */
  readonly alsoAccept?: readonly number[];
  /** How a successful answer is read; absent: as JSON. Throws a SyntaxError where it is none. */
  readonly read?: (text: string) => unknown;
}

export interface KubeAnswer {
  readonly status: number;
  readonly body: Json;
}

/** The API server. Errors: cluster-unavailable, cluster-forbidden, cluster-rejected; `details.maybeApplied` as in `refusal`. */
export interface KubeApi {
  call(request: KubeRequest): Promise<KubeAnswer>;
  /** An answer with status 200 as it comes. */
  stream(request: KubeRequest): Promise<HttpStream>;
  close(): void;
}

export interface KubeApiOptions extends AccessOptions {
  readonly timeoutMs: number;
  readonly ioClock: Clock;
}

/** A page of 500 pods with long specifications has a few MB. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Of a refused stream's body; a Status object is small. */
const MAX_REFUSAL_BYTES = 64 * 1024;

export async function createKubeApi(options: KubeApiOptions): Promise<KubeApi> {
  let access: ClusterAccess = await loadAccess(options);
  let reloading: Promise<void> | null = null;
  const transport = createHttpTransport(options.ioClock);

  /** Once for all that were refused at the same time. */
  function reload(): Promise<void> {
    reloading ??= loadAccess(options)
      .then((fresh) => {
        access = fresh;
        return undefined;
      })
      .finally(() => {
        reloading = null;
      });
    return reloading;
  }

  function prepare(request: KubeRequest, credentials: Credentials): HttpRequest {
    const url = new URL(access.server);
    url.pathname = `${access.server.pathname.replace(/\/+$/, '')}${request.path}`;
    url.search = new URLSearchParams(request.query).toString();
    return {
      method: request.method ?? 'GET',
      url,
      headers: {
        'user-agent': 'hale',
        accept: request.accept ?? 'application/json',
        ...credentials.headers,
        ...(request.body === undefined ? {} : { 'content-type': request.body.type }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body.value) }),
      tls: credentials.tls,
      proxyUrl: access.proxyUrl,
      timeoutMs: options.timeoutMs,
      signal: request.signal,
      ownConnection: request.operation.writes,
      ...(request.beforeSend === undefined ? {} : { beforeSend: request.beforeSend }),
    };
  }

  /** Sends; where the credential was refused, which is before anything is done with the request, once more with one read anew. */
  async function send<T extends { readonly status: number }>(
    request: KubeRequest,
    exchange: (prepared: HttpRequest) => Promise<T>,
    discard: (answer: T) => void,
  ): Promise<T> {
    try {
      const answer = await exchange(prepare(request, await access.credentials()));
      if (answer.status !== 401) return answer;
      discard(answer);
    } catch (error) {
      if (!(error instanceof HttpFailure) || !error.concernsCertificates || error.sent) throw error;
    }
    await reload().catch((cause: unknown) => {
      throw new HaleError('cluster-unavailable', 'the credential was refused and cannot be read again', {
        cause,
        details: { maybeApplied: false },
      });
    });
    return exchange(prepare(request, await access.credentials()));
  }

  return {
    async call(request) {
      const { operation } = request;
      const answer = await send(request, (prepared) => transport.exchange(prepared, MAX_BYTES), ignore).catch(
        (error: unknown) => {
          throw error instanceof HttpFailure ? noAnswer(error, operation) : error;
        },
      );
      const accepted = answer.status >= 200 && answer.status < 300;
      if (!accepted && !(request.alsoAccept ?? []).includes(answer.status)) throw refusal(answer, operation);
      return { status: answer.status, body: accepted ? parseBody(answer, request) : {} };
    },
    async stream(request) {
      const { operation } = request;
      try {
        const stream = await send(
          request,
          (prepared) => transport.stream(prepared),
          (refused) => refused.cancel(),
        );
        if (stream.status === 200) return stream;
        throw refusal({ ...stream, body: await readRefusal(stream, options) }, operation);
      } catch (error) {
        throw error instanceof HttpFailure ? noAnswer(error, operation) : error;
      }
    },
    close: () => transport.close(),
  };
}

function ignore(): void {}

function parseBody(answer: HttpAnswer, { operation, read = JSON.parse }: KubeRequest): Json {
  let parsed: unknown;
  try {
    parsed = read(answer.body);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw unreadable(operation, 'not JSON', cause);
  }
  if (!isObject(parsed)) throw unreadable(operation, 'not an object');
  return parsed;
}

/** What a refused stream says, as far as it comes in time; the status alone is enough otherwise. */
async function readRefusal(stream: HttpStream, { ioClock, timeoutMs }: KubeApiOptions): Promise<string> {
  const cancelTimer = ioClock.setTimer(timeoutMs, () => stream.cancel());
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream.body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_REFUSAL_BYTES) break;
      chunks.push(chunk);
    }
  } catch {
    return '';
  } finally {
    cancelTimer();
    stream.cancel();
  }
  return Buffer.concat(chunks).toString('utf8');
}

import { ERROR_CODES, type ErrorCode, HaleError } from '../domain/errors.ts';

/** How the command line reaches a running Hale. */
export interface ClientOptions {
  /** Address of its API, such as http://127.0.0.1:8090. */
  readonly url: string;
  readonly token: string | undefined;
  readonly timeoutMs?: number;
}

export interface Client {
  get<T>(path: string, parse: (body: unknown) => T): Promise<T>;
  send<T>(method: 'POST' | 'PUT', path: string, body: unknown, parse: (body: unknown) => T): Promise<T>;
}

const TIMEOUT_MS = 15_000;

/** Errors are those of the daemon with their code, or `daemon-unavailable`. */
export function createClient({ url, token, timeoutMs = TIMEOUT_MS }: ClientOptions): Client {
  async function ask<T>(method: string, path: string, body: unknown, parse: (answer: unknown) => T): Promise<T> {
    const { response, text } = await reach(method, path, body);
    const answer = parseJson(text);
    if (response.ok) return parse(answer);
    throw refusal(response.status, answer);
  }

  async function reach(method: string, path: string, body: unknown): Promise<{ response: Response; text: string }> {
    try {
      // An address with a path of its own (behind a proxy) keeps it. A redirect is not followed: the token is for this address.
      const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { response, text: await response.text() };
    } catch (error) {
      throw new HaleError(
        'daemon-unavailable',
        `no Hale answers at ${url}; start it, or name another address with --url or HALE_URL`,
        { cause: error },
      );
    }
  }

  return {
    get: (path, parse) => ask('GET', path, undefined, parse),
    send: (method, path, body, parse) => ask(method, path, body, parse),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function refusal(status: number, answer: unknown): HaleError {
  const given = (answer as { error?: { code?: unknown; message?: unknown } } | null)?.error;
  const code =
    typeof given?.code === 'string' && Object.hasOwn(ERROR_CODES, given.code)
      ? (given.code as ErrorCode)
      : 'daemon-unavailable';
  const message =
    typeof given?.message === 'string'
      ? given.message
      : `the server answered HTTP ${status}, which is not an answer of Hale`;
  return new HaleError(code, message);
}

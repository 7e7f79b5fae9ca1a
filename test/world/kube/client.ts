import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';

/** Who talks to which API server. */
export interface KubeAccess {
  readonly server: string;
  /** Certificate authority in PEM form. */
  readonly ca: string;
  readonly token: string;
}

export type PatchKind = 'json-patch' | 'merge-patch' | 'strategic-merge-patch';

export interface KubeClient {
  readonly access: KubeAccess;
  get<T>(path: string): Promise<T>;
  create<T>(path: string, body: unknown): Promise<T>;
  replace<T>(path: string, body: unknown): Promise<T>;
  patch<T>(path: string, kind: PatchKind, body: unknown): Promise<T>;
  delete(path: string, body?: unknown): Promise<void>;
  /** The body as it comes; the caller ends it by the signal. */
  stream(path: string, signal: AbortSignal): Promise<IncomingMessage>;
  close(): void;
}

/** An answer of the API server that is not a success; `reason` is the Status object's own word, such as `NotFound`. */
export class KubeError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = 'KubeError';
    this.status = status;
    this.reason = reason;
  }
}

export function isKubeStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof KubeError && statuses.includes(error.status);
}

const REQUEST_TIMEOUT_MS = 20_000;

/** A client of a few lines: the world must start quickly, and the official one takes seconds to import. */
export function createKubeClient(access: KubeAccess): KubeClient {
  const agent = new Agent({ keepAlive: true, ca: access.ca });

  function open(method: string, path: string, body?: { contentType: string; text: string }): ClientRequest {
    return httpsRequest(new URL(path, access.server), {
      method,
      agent,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${access.token}`,
        // Node leaves the length out of a DELETE; the server then takes the body for the next request.
        ...(body ? { 'content-type': body.contentType, 'content-length': Buffer.byteLength(body.text) } : {}),
      },
    });
  }

  async function send<T>(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<T> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const request = open(method, path, text === undefined ? undefined : { contentType, text });
    request.setTimeout(REQUEST_TIMEOUT_MS, () => request.destroy(new Error(`${method} ${path}: no answer`)));
    const answer = await answerOf(request, text);
    const answerText = await textOf(answer);
    if ((answer.statusCode ?? 0) >= 300) throw failure(method, path, answer.statusCode ?? 0, answerText);
    return JSON.parse(answerText) as T;
  }

  return {
    access,
    get: (path) => send('GET', path),
    create: (path, body) => send('POST', path, body),
    replace: (path, body) => send('PUT', path, body),
    patch: (path, kind, body) => send('PATCH', path, body, `application/${kind}+json`),
    delete: async (path, body) => void (await send('DELETE', path, body)),
    async stream(path, signal) {
      const request = open('GET', path);
      signal.addEventListener('abort', () => request.destroy(), { once: true });
      const answer = await answerOf(request);
      if (answer.statusCode === 200) return answer;
      throw failure('GET', path, answer.statusCode ?? 0, await textOf(answer));
    },
    close: () => agent.destroy(),
  };
}

function answerOf(request: ClientRequest, body?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
    request.end(body);
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const chunk of answer) text += String(chunk);
  return text;
}

function failure(method: string, path: string, status: number, text: string): KubeError {
  let reason = 'Unknown';
  let message = text.slice(0, 500);
  try {
    const parsed = JSON.parse(text) as { reason?: string; message?: string };
    reason = parsed.reason ?? reason;
    message = parsed.message ?? message;
  } catch {
    // Not a Status object; the text itself is the best there is.
  }
  return new KubeError(status, reason, `${method} ${path}: ${status} ${message}`);
}

/** A kubeconfig as JSON, which is YAML too. */
export function kubeconfigOf(access: KubeAccess): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'world',
        cluster: { server: access.server, 'certificate-authority-data': Buffer.from(access.ca).toString('base64') },
      },
    ],
    users: [{ name: 'user', user: { token: access.token } }],
    contexts: [{ name: 'world', context: { cluster: 'world', user: 'user' } }],
    'current-context': 'world',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

import { Readable } from 'node:stream';
import type { FastifyInstance, HTTPMethods } from 'fastify';
import type { RequestHead, ToDoor } from './messages.ts';

export interface RequestAnswerer {
  begin(head: RequestHead): void;
  body(id: number, bytes: Uint8Array): void;
  end(id: number, whole: boolean): void;
}

const NO_HOST = 'no-host.invalid';
/** What belongs to the connection, which the thread keeps, and not to the answer. */
const OF_CONNECTION: ReadonlySet<string> = new Set(['date', 'keep-alive', 'transfer-encoding']);

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const DEFECT = Buffer.from(
  JSON.stringify({ error: { code: 'internal-error', message: 'a defect in Hale; its log has the details' } }),
);

/** Gives requests that the thread passed on to the app, and its answers back. A body reaches the app as it comes, so that it may refuse before the end. */
export function createRequestAnswerer(
  app: FastifyInstance,
  post: (message: ToDoor) => void,
  onFailure: (error: unknown) => void,
): RequestAnswerer {
  const bodies = new Map<number, Readable>();

  async function answer({ id, method, url, headers, remoteAddress }: RequestHead): Promise<void> {
    const payload = bodies.get(id);
    const {
      statusCode,
      headers: answered,
      rawPayload,
    } = await app.inject({
      method: method as HTTPMethods & 'GET',
      url,
      headers: { ...headers },
      remoteAddress,
      // Without a Host header `inject` would make up a local one, and only local names may read without a token.
      authority: NO_HOST,
      ...(payload === undefined ? {} : { payload }),
    });
    post({ kind: 'answer', id, status: statusCode, headers: kept(answered), body: rawPayload });
  }

  return {
    begin(head) {
      const { 'content-length': length, 'transfer-encoding': encoding } = head.headers;
      if (length !== undefined || encoding !== undefined) {
        const body = new Readable({ read: () => undefined });
        // The app listens once it reads; before that nobody does.
        body.on('error', () => undefined);
        bodies.set(head.id, body);
      }
      answer(head)
        .catch((error: unknown) => {
          onFailure(error);
          post({ kind: 'answer', id: head.id, status: 500, headers: JSON_TYPE, body: DEFECT });
        })
        .finally(() => bodies.delete(head.id));
    },
    body: (id, bytes) => void bodies.get(id)?.push(bytes),
    end(id, whole) {
      if (whole) bodies.get(id)?.push(null);
      else bodies.get(id)?.destroy(new Error('the sender went away'));
    },
  };
}

function kept(
  headers: Readonly<Record<string, string | number | string[] | undefined>>,
): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || OF_CONNECTION.has(name) || (name === 'connection' && value !== 'close')) continue;
    out[name] = Array.isArray(value) ? value : String(value);
  }
  return out;
}

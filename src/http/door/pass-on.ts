import type { IncomingMessage, ServerResponse } from 'node:http';
import { JSON_HEADERS, send } from './answer.ts';
import type { FromDoor, ToDoor } from './messages.ts';

/** Requests that wait for the app on the main thread at once. */
const MAX_WAITING = 1_000;

export interface PassedOn {
  take(request: IncomingMessage, response: ServerResponse): void;
  answer(message: Extract<ToDoor, { kind: 'answer' }>): void;
  giveUp(): void;
  readonly waiting: number;
}

/** Everything but alerts is for the app on the main thread, so that a probe that is answered says that it is well. Heads go at once, bodies as they come. */
export function createPassedOn({
  post,
  maxBodyBytes,
}: {
  readonly post: (message: FromDoor) => void;
  readonly maxBodyBytes: number;
}): PassedOn {
  const waiting = new Map<number, ServerResponse>();
  let nextId = 0;

  function take(request: IncomingMessage, response: ServerResponse): void {
    if (waiting.size >= MAX_WAITING) {
      putOff(response);
      return;
    }
    const id = nextId++;
    waiting.set(id, response);
    let ended = false;
    const end = (whole: boolean): void => {
      if (!ended) post({ kind: 'body-end', id, whole });
      ended = true;
    };
    post({
      kind: 'request',
      id,
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      headers: request.headers,
      remoteAddress: request.socket.remoteAddress ?? '',
    });
    let passed = 0;
    request.on('data', (bytes: Buffer) => {
      // One byte past its limit is enough for the app to refuse.
      if (passed > maxBodyBytes) return;
      passed += bytes.length;
      post({ kind: 'body', id, bytes: Uint8Array.from(bytes) });
    });
    request.on('end', () => end(true));
    request.on('error', () => undefined);
    response.once('close', () => {
      waiting.delete(id);
      end(false);
    });
  }

  return {
    take,
    answer({ id, status, headers, body }) {
      const response = waiting.get(id);
      if (response === undefined || response.writableEnded || response.destroyed) return;
      response.writeHead(status, headers);
      response.end(body);
    },
    giveUp() {
      for (const response of waiting.values()) putOff(response);
    },
    get waiting() {
      return waiting.size;
    },
  };
}

function putOff(response: ServerResponse): void {
  const error = { code: 'overloaded', message: 'Hale does not get round to answering; send this again' };
  send(response, 503, JSON_HEADERS, JSON.stringify({ error }));
}

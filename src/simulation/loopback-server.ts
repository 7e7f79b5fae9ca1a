import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What a test can do to any simulated server while it runs. */
export interface ServerBehaviour {
  /** Every connection is cut without an answer, as if the process had been killed. */
  down: boolean;
  /** Requests are read and never answered. */
  hang: boolean;
  /** Real milliseconds before each answer. */
  slowMs: number;
}

export interface Request {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Authentication = { bearer: string } | { username: string; password: string };

export interface LoopbackServer {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** `http://127.0.0.1:PORT`, known once started. */
  url(): string;
}

const MAX_BODY_BYTES = 32 * 1024 * 1024;

async function readBody(message: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** An HTTP server on 127.0.0.1 with a port chosen by the kernel and the behaviour switches of every simulated server. */
export function createLoopbackServer(options: {
  name: string;
  behaviour: ServerBehaviour;
  answer: (request: Request, response: ServerResponse) => void | Promise<void>;
}): LoopbackServer {
  const { behaviour } = options;
  const sockets = new Set<Socket>();
  const delays = new Set<NodeJS.Timeout>();
  let port: number | undefined;

  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (behaviour.down) {
      message.socket.destroy();
      return;
    }
    const body = await readBody(message);
    if (body === undefined) {
      sendJson(response, 413, { message: `the body is larger than ${MAX_BODY_BYTES} bytes` });
      return;
    }
    if (behaviour.hang) return;
    if (behaviour.slowMs > 0) {
      await new Promise<void>((resolve) => {
        const delay = setTimeout(() => {
          delays.delete(delay);
          resolve();
        }, behaviour.slowMs);
        delays.add(delay);
      });
    }
    const url = new URL(message.url ?? '/', 'http://127.0.0.1');
    await options.answer(
      {
        method: message.method ?? 'GET',
        path: url.pathname,
        query: url.searchParams,
        headers: message.headers,
        body,
      },
      response,
    );
  };

  const server = createServer((message, response) => {
    serve(message, response).catch((error: unknown) => {
      // The client went away, or our own bug: either way the answer cannot be trusted, so the connection ends.
      if (!response.headersSent) sendJson(response, 500, { message: `${options.name}: ${String(error)}` });
      else response.destroy();
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    if (behaviour.down) socket.destroy();
  });

  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => {
          port = (server.address() as AddressInfo).port;
          resolve();
        });
      }),
    stop: () =>
      new Promise((resolve) => {
        for (const delay of delays) clearTimeout(delay);
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
    url() {
      if (port === undefined) throw new Error(`the simulated ${options.name} has no address before start()`);
      return `http://127.0.0.1:${port}`;
    },
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  sendText(response, status, JSON.stringify(body), 'application/json');
}

export function sendText(response: ServerResponse, status: number, text: string, contentType = 'text/plain'): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** True when the request carries the demanded credentials, or none are demanded. */
export function isAuthenticated(headers: IncomingMessage['headers'], wanted: Authentication | undefined): boolean {
  if (wanted === undefined) return true;
  const expected =
    'bearer' in wanted
      ? `Bearer ${wanted.bearer}`
      : `Basic ${Buffer.from(`${wanted.username}:${wanted.password}`).toString('base64')}`;
  return headers.authorization === expected;
}

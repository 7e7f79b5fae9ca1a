import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers as a test wants, right or wrong. */
export type Answer = (request: SeenRequest, response: ServerResponse) => void;

export interface BadServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  answer: Answer;
  stop(): Promise<void>;
}

/** An HTTP server on loopback that does whatever the test says, which no honest server would. */
export async function startBadServer(answer: Answer): Promise<BadServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((message, response) => {
    let body = '';
    message.setEncoding('utf8');
    message.on('data', (piece: string) => {
      body += piece;
    });
    message.on('end', () => {
      const url = new URL(message.url ?? '/', 'http://127.0.0.1');
      const request: SeenRequest = {
        method: message.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: message.headers,
        body,
      };
      seen.push(request);
      bad.answer(request, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const bad: BadServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return bad;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

export function raw(status: number, text: string, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, headers);
    response.end(text);
  };
}

/** Ways to answer that every client of HTTP must survive. */
export const BROKEN_ANSWERS: readonly (readonly [string, Answer])[] = [
  ['a page in HTML', raw(200, '<html>Sign in</html>', { 'content-type': 'text/html' })],
  ['nothing at all', raw(200, '')],
  ['half of a JSON text', raw(200, '{"status":"succ')],
  ['JSON of another kind', raw(200, '[1, 2, 3]')],
  ['null', raw(200, 'null')],
  [
    'less than was announced',
    (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"status":');
      setImmediate(() => response.destroy());
    },
  ],
  ['a cut connection', (_request, response) => void response.destroy()],
  ['no HTTP', (_request, response) => void response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n')],
  ['never', () => {}],
  [
    'one byte now and then',
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(drip));
    },
  ],
];

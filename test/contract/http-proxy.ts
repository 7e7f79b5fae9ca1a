import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ClusterWorld } from './cluster-suite.ts';

/** What becomes of one request on its way to the API server and back. */
export interface Interference {
  /** Whether the API server gets it at all. */
  readonly arrives: boolean;
  /** What the client is told in the place of the API server's own answer. */
  readonly answer?: { readonly status: number; readonly headers?: Readonly<Record<string, string>> };
  /** The client waits so long for its answer, in real milliseconds. */
  readonly delayMs?: number;
}

/** An HTTP proxy on loopback in front of an API server, which may be slow or overloaded for chosen requests. */
export interface InterferingProxy {
  readonly port: number;
  /** For the next `times` requests of this method whose path ends so. */
  meet(method: string, pathEnd: string, how: Interference, times?: number): void;
  /** Requests that were interfered with. */
  readonly met: readonly string[];
  stop(): Promise<void>;
}

interface Rule {
  readonly method: string;
  readonly pathEnd: string;
  readonly how: Interference;
  left: number;
}

export async function startInterferingProxy(target: ClusterWorld['server']): Promise<InterferingProxy> {
  const rules: Rule[] = [];
  const met: string[] = [];
  const agent = new (target.scheme === 'https' ? https : http).Agent({ keepAlive: true });

  const server = http.createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const rule = rules.find(
      ({ method, pathEnd, left }) => left > 0 && method === request.method && path.endsWith(pathEnd),
    );
    if (rule === undefined) return forward(request, response, (answer) => pass(answer, response));
    rule.left -= 1;
    met.push(`${request.method} ${path}`);
    const { arrives, answer, delayMs = 0 } = rule.how;
    const later = (run: () => void): void => void setTimeout(run, delayMs);
    const refuse = (): void => later(() => tell(response, answer?.status ?? 500, answer?.headers));
    if (!arrives) {
      request.resume();
      return refuse();
    }
    return forward(request, response, (real) => {
      if (answer === undefined) return later(() => pass(real, response));
      real.resume();
      return refuse();
    });
  });

  function forward(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    take: (answer: http.IncomingMessage) => void,
  ): void {
    const onward = (target.scheme === 'https' ? https : http).request(
      {
        agent,
        host: target.host,
        port: target.port,
        method: request.method,
        path: request.url,
        headers: request.headers,
        ...(target.ca === undefined ? {} : { ca: target.ca }),
      },
      take,
    );
    onward.on('error', () => response.destroy());
    // A watch that the client has left ends on the other side too; a write that it has left does not.
    if (request.method === 'GET') response.on('close', () => onward.destroy());
    request.pipe(onward);
  }

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    met,
    meet(method, pathEnd, how, times = 1) {
      rules.push({ method, pathEnd, how, left: times });
    },
    stop() {
      agent.destroy();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function pass(answer: http.IncomingMessage, response: http.ServerResponse): void {
  if (response.destroyed) return void answer.resume();
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  response.flushHeaders();
  answer.on('error', () => response.destroy());
  answer.pipe(response);
}

/** The shape in which an API server refuses. */
function tell(response: http.ServerResponse, code: number, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'overloaded, for a test', code }),
  );
}

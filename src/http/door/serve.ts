import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { answerClientError, slowSenderLimits } from '../listening.ts';
import { createAlertsDoor } from './alerts.ts';
import { ALERTS_PATH } from './alerts-path.ts';
import type { DoorSettings, FromDoor, Line, ToDoor } from './messages.ts';
import { createPassedOn } from './pass-on.ts';

const KEEP_ALIVE_MS = 72_000;
const LOOK_EVERY_MS = 250;

/** Listens for all of HTTP, takes alerts itself as far as neither cluster nor store are needed, and passes the rest on. */
export function serveDoor(settings: DoorSettings, line: Line<FromDoor, ToDoor>): void {
  const post = (message: FromDoor): void => line.post(message);
  let askedAt: number | null = null;
  const silentMs = (): number => (askedAt === null ? 0 : performance.now() - askedAt);
  const alerts = createAlertsDoor({
    settings: settings.alerts,
    post,
    putOff: () => silentMs() > settings.putOffAfterMs,
  });
  const passedOn = createPassedOn({ post, maxBodyBytes: settings.maxApiBodyBytes });
  const server = listenerOf(settings, (request, response) => {
    if (closing) response.setHeader('connection', 'close');
    if (request.method === 'POST' && pathOf(request.url) === ALERTS_PATH) alerts.take(request, response);
    else passedOn.take(request, response);
  });
  let closing = false;

  // Only while something waits: an idle daemon is left to sleep.
  setInterval(() => {
    if (askedAt === null && alerts.waiting + passedOn.waiting > 0) {
      askedAt = performance.now();
      post({ kind: 'are-you-there' });
    }
    if (silentMs() <= settings.giveUpAfterMs) return;
    alerts.giveUp();
    passedOn.giveUp();
  }, LOOK_EVERY_MS).unref();

  line.onMessage((message) => {
    if (message.kind === 'outcomes') for (const outcome of message.outcomes) alerts.settle(outcome);
    else if (message.kind === 'answer') passedOn.answer(message);
    else if (message.kind === 'here') askedAt = null;
    else {
      closing = true;
      close(server, message.withinMs, () => post({ kind: 'closed' }));
    }
  });
  server.once('error', ({ message }) => post({ kind: 'cannot-listen', why: message }));
  server.listen({ host: settings.host, port: settings.port }, () =>
    post({ kind: 'listening', url: urlOf(server.address() as AddressInfo, settings.tls !== null) }),
  );
}

function listenerOf({ tls, bodyTimeoutMs, maxConnections }: DoorSettings, take: RequestListener): Server {
  const options = { ...slowSenderLimits(bodyTimeoutMs).server, keepAliveTimeout: KEEP_ALIVE_MS };
  const server = tls === null ? createServer(options, take) : createTlsServer({ ...options, ...tls }, take);
  server.maxConnections = maxConnections;
  server.on('clientError', answerClientError);
  return server;
}

/** Requests under way may end within the bound; connections on which nothing happens end at once. */
function close(server: Server, withinMs: number, done: () => void): void {
  const cutOff = setTimeout(() => server.closeAllConnections(), withinMs);
  server.close(() => {
    clearTimeout(cutOff);
    done();
  });
  server.closeIdleConnections();
}

function pathOf(url = '/'): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function urlOf({ address, family, port }: AddressInfo, tls: boolean): string {
  const reachable = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return `${tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${reachable}]` : reachable}:${port}`;
}

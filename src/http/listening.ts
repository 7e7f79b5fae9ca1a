import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { HaleError } from '../domain/errors.ts';

export interface Listen {
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  readonly tls: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile: string | null } | null;
}

/** What a caller that was put off is told: soon enough to be noticed late by nobody. */
export const RETRY_AFTER_S = 2;

/** How often Node looks for senders that are out of time. */
const LOOK_EVERY_MS = 1_000;

/**
 * What ends a sender that does not finish its request: `requestTimeout` is for Fastify, `server` for its `http` (or, with TLS, `https`) options.
 * The headers get no longer than the whole, for Node takes the longer of the two for the request.
 */
export function slowSenderLimits(bodyTimeoutMs: number): {
  readonly requestTimeout: number;
  readonly server: {
    readonly requestTimeout: number;
    readonly headersTimeout: number;
    readonly connectionsCheckingInterval: number;
  };
} {
  return {
    requestTimeout: bodyTimeoutMs,
    server: {
      requestTimeout: bodyTimeoutMs,
      headersTimeout: bodyTimeoutMs,
      connectionsCheckingInterval: Math.min(LOOK_EVERY_MS, bodyTimeoutMs),
    },
  };
}

/** What is no HTTP at all, or comes too slowly, never reaches a route. */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Pick<Socket, 'writable' | 'destroy' | 'end'>,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const slow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const large = error.code === 'HPE_HEADER_OVERFLOW';
  const status = slow ? '408 Request Timeout' : large ? '431 Request Header Fields Too Large' : '400 Bad Request';
  const message = slow
    ? 'the request did not arrive in time'
    : large
      ? 'the headers are too large'
      : 'this is not an HTTP request that can be read';
  const body = JSON.stringify({ error: { code: 'usage-invalid', message } });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

export function tlsOptions(tls: NonNullable<Listen['tls']>, section = 'listen.tls') {
  try {
    return {
      cert: readFileSync(tls.certFile),
      key: readFileSync(tls.keyFile),
      minVersion: 'TLSv1.2' as const,
      // A client without certificate may still prove itself otherwise; what accepts certificates looks at `authorized`.
      ...(tls.clientCaFile === null
        ? {}
        : { ca: readFileSync(tls.clientCaFile), requestCert: true, rejectUnauthorized: false }),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HaleError('config-invalid', `${section}: ${why}; write files that Hale may read`, { cause: error });
  }
}

import { request as httpRequest } from 'node:http';
import type { ErrorKind, Outcome } from './tally.ts';

export interface LoadRequest {
  url: string;
  method: 'GET' | 'POST';
  /** Sent as JSON. */
  body: string | undefined;
  timeoutMs: number;
}
export type Send = (request: LoadRequest) => Promise<Outcome>;

/**
 * One request over a connection of its own: a Service balances connections, so every arrival may meet another replica.
 * Never rejects: whatever happens is an outcome.
 */
export const sendFresh: Send = (load) =>
  new Promise((resolve) => {
    const limit = AbortSignal.timeout(load.timeoutMs);
    const fail = (error: NodeJS.ErrnoException) => resolve(limit.aborted ? 'timeout' : kindOf(error.code));
    const headers = load.body === undefined ? {} : { 'content-type': 'application/json' };
    const request = httpRequest(load.url, { method: load.method, agent: false, headers, signal: limit }, (response) => {
      const status = response.statusCode ?? 0;
      response.once('error', fail);
      // A reply cut short ends with "error" or with "close" before "end", never as success.
      response.once('close', () => resolve('reset'));
      response.once('end', () => {
        if (status >= 500) resolve('http-5xx');
        else if (status >= 400) resolve('http-4xx');
        else resolve('ok');
      });
      response.resume();
    });
    request.once('error', fail);
    request.end(load.body);
  });

const kindOfCode: Readonly<Record<string, ErrorKind>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
};

function kindOf(code: string | undefined): ErrorKind {
  return (code === undefined ? undefined : kindOfCode[code]) ?? 'network';
}

import type { ServerResponse } from 'node:http';
import { RETRY_AFTER_S } from '../listening.ts';

export const JSON_HEADERS: readonly string[] = [
  'content-type',
  'application/json; charset=utf-8',
  'cache-control',
  'no-store',
  'x-content-type-options',
  'nosniff',
];

/** The rest of a body that was not read would be taken for the next request: after these the connection ends. */
const ENDING: ReadonlySet<number> = new Set([401, 413, 503]);

/** Answers once; what has its answer, or nobody to answer, is passed over. */
export function send(
  response: ServerResponse,
  status: number,
  headers: readonly string[],
  body: string,
  challenge = 'Bearer',
): void {
  if (response.writableEnded || response.destroyed) return;
  const all = [...headers, 'content-length', String(Buffer.byteLength(body))];
  if (status === 503) all.push('retry-after', String(RETRY_AFTER_S));
  if (status === 401) all.push('www-authenticate', challenge);
  if (ENDING.has(status)) all.push('connection', 'close');
  response.writeHead(status, all);
  response.end(body);
}

import { request as forward } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSigned } from '../world/certificates.ts';

/** What stands in front of an Elasticsearch without security: TLS, credentials, and the few requests that a key may make. */
export interface GuardedElasticsearch {
  readonly url: string;
  /** PEM, its own authority. */
  readonly certificate: string;
  /** What was asked for and was not allowed. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

/** Of the index privilege `read`: points in time and searches in them. Nothing of the cluster, no write. */
const ALLOWED = /^(?:POST \/[^/_][^/]*\/_pit|DELETE \/_pit|POST \/_search)$/;
const DAY_MS = 24 * 3_600_000;

export async function startGuardedElasticsearch(
  url: string,
  authorizations: readonly string[],
  /** The certificate of somebody else, which it shows behind its own of the same name. */
  borrowed = '',
): Promise<GuardedElasticsearch> {
  const now = Date.now();
  const { certificate, key } = selfSigned({
    commonName: 'elasticsearch',
    ipAddresses: ['127.0.0.1'],
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + DAY_MS),
  });
  const refused: string[] = [];
  const server = createServer({ cert: `${certificate}${borrowed}`, key }, (request, response) => {
    const what = `${request.method} ${decodeURIComponent((request.url ?? '').split('?')[0] ?? '')}`;
    const isKnown = authorizations.includes(request.headers.authorization ?? '');
    if (!isKnown || !ALLOWED.test(what)) {
      refused.push(what);
      const cause = { type: 'security_exception', reason: 'refused by a test' };
      response.writeHead(isKnown ? 403 : 401, {
        'content-type': 'application/json',
        'x-elastic-product': 'Elasticsearch',
      });
      response.end(JSON.stringify({ error: { root_cause: [cause], ...cause }, status: isKnown ? 403 : 401 }));
      return;
    }
    const { authorization: _, ...headers } = request.headers;
    const onward = forward(new URL(request.url ?? '/', url), { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate,
    refused,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

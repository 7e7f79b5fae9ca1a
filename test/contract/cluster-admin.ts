import * as http from 'node:http';
import * as https from 'node:https';
import type { ClusterAdmin } from './cluster-suite.ts';

/** Plain requests to an API server, by no code of the adapter under test. */
export function createAdmin(server: {
  readonly url: string;
  readonly token: string;
  readonly ca?: string;
}): ClusterAdmin {
  async function send(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Answer> {
    const url = new URL(path, server.url);
    const options = {
      method,
      agent: false as const,
      headers: { authorization: `Bearer ${server.token}`, 'content-type': type },
      ...(server.ca === undefined ? {} : { ca: server.ca }),
    };
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? https : http).request(url, options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
  async function demand(method: string, path: string, body?: unknown, type?: string): Promise<Record<string, unknown>> {
    const { status, text } = await send(method, path, body, type);
    if (status >= 300) throw new Error(`${method} ${path}: HTTP ${status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as Record<string, unknown>;
  }
  return {
    async get(path) {
      const { status } = await send('GET', path);
      return status === 404 ? null : demand('GET', path);
    },
    create: (path, body) => demand('POST', path, body),
    patch: (path, body, manager) =>
      demand('PATCH', `${path}?fieldManager=${manager}`, body, 'application/merge-patch+json'),
    remove: async (path) => void (await demand('DELETE', path)),
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../world/clock.ts';
import { findOptionalParts, findPart } from '../world/parts.ts';
import { OPTIONAL_PARTS } from '../world/parts-list.ts';
import { ServerProcess } from '../world/server-process.ts';
import { freePorts } from './cluster-parts.ts';

export interface RealElasticsearch {
  readonly url: string;
  /** Sends a body of NDJSON to `_bulk` and makes its documents visible; throws when one is refused. */
  index(name: string, documents: readonly object[], ids?: readonly string[]): Promise<void>;
  request(method: string, path: string, body?: object): Promise<unknown>;
  /** CPU seconds that it has used so far. */
  cpuS(): Promise<number>;
  /** SIGKILL, and a new process on the same data and address; ends when that one answers. */
  killAndStartAgain(): Promise<void>;
  stop(): Promise<void>;
}

/** A cold JVM on a busy machine. */
const READY_TIMEOUT_MS = 120_000;

/** Where the program is; null, and a line that says why, when it is nowhere. It is put together only where every part has to be there. */
export async function findElasticsearch(suite: string): Promise<string | null> {
  const context = { env: process.env, progress: { say: (line: string) => console.error(line) } };
  const found = await findPart(OPTIONAL_PARTS.elasticsearch.elasticsearch, context);
  if (found !== undefined) return found;
  if (process.env['HALE_REQUIRE_PARTS'] === '1')
    return (await findOptionalParts(context, ['elasticsearch'])).elasticsearch?.elasticsearch ?? null;
  console.error(`${suite}: not run; ${OPTIONAL_PARTS.elasticsearch.elasticsearch.install}`);
  return null;
}

/** One node without security on loopback, in a folder of its own. */
export async function startRealElasticsearch(program: string): Promise<RealElasticsearch> {
  const folder = await mkdtemp(join(tmpdir(), 'hale-elasticsearch-'));
  const [port = 0, transport = 0] = await freePorts(2);
  const settings = {
    'cluster.name': 'hale-test',
    'http.host': '127.0.0.1',
    'http.port': port,
    'transport.host': '127.0.0.1',
    'transport.port': transport,
    'discovery.type': 'single-node',
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    'cluster.routing.allocation.disk.threshold_enabled': false,
  };
  const args = Object.entries(settings).map(([key, value]) => `-E${key}=${value}`);
  const start = () =>
    ServerProcess.start({ name: 'elasticsearch', command: program, args, logFolder: folder }, realClock);
  let server = start();
  const url = `http://127.0.0.1:${port}`;
  const request: RealElasticsearch['request'] = async (method, path, body) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const ready = () =>
    server.ready(
      async () => {
        const health = (await (await fetch(`${url}/_cluster/health`)).json()) as { status?: string };
        return health.status === 'green' || health.status === 'yellow';
      },
      READY_TIMEOUT_MS,
      new AbortController().signal,
    );
  try {
    await ready();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    request,
    async cpuS() {
      const stats = (await request('GET', '/_nodes/stats/process')) as {
        nodes: Record<string, { process: { cpu: { total_in_millis: number } } }>;
      };
      return Object.values(stats.nodes).reduce((sum, { process: own }) => sum + own.cpu.total_in_millis, 0) / 1_000;
    },
    async index(name, documents, ids) {
      const lines = documents.flatMap((document, at) => [
        JSON.stringify({ create: { _index: name, ...(ids === undefined ? {} : { _id: ids[at] }) } }),
        JSON.stringify(document),
      ]);
      const answer = await fetch(`${url}/_bulk?refresh=true`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: `${lines.join('\n')}\n`,
      });
      const { errors } = (await answer.json()) as { errors?: boolean };
      if (!answer.ok || errors !== false) throw new Error(`bulk: ${answer.status}`);
    },
    async killAndStartAgain() {
      if (server.pid !== undefined) process.kill(-server.pid, 'SIGKILL');
      await server.exited;
      server = start();
      await ready();
    },
    stop,
  };
}

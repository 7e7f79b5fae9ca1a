import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NODE_ADDRESS, PORTS } from '../network.ts';
import { type OptionalContext, startReady } from './context.ts';

export interface Elasticsearch {
  readonly url: string;
}

/** A cold JVM on a busy machine. */
const READY_TIMEOUT_MS = 90_000;

/** One node without security: what is missing in it is told in docs/limits.md. */
export async function startElasticsearch(context: OptionalContext, program: string): Promise<Elasticsearch> {
  const folder = join(context.folder, 'elasticsearch');
  await mkdir(folder, { recursive: true });
  const settings = {
    'cluster.name': 'world',
    'http.host': NODE_ADDRESS,
    'http.port': PORTS.elasticsearch,
    'transport.host': '127.0.0.1',
    'transport.port': PORTS.elasticsearchTransport,
    'discovery.type': 'single-node',
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    'cluster.routing.allocation.disk.threshold_enabled': false,
  };
  const url = `http://${NODE_ADDRESS}:${PORTS.elasticsearch}`;
  await startReady(
    context,
    {
      name: 'elasticsearch',
      command: program,
      args: Object.entries(settings).map(([key, value]) => `-E${key}=${value}`),
    },
    async () => {
      const health = (await (await fetch(`${url}/_cluster/health`)).json()) as { status?: string };
      return health.status === 'green' || health.status === 'yellow';
    },
    READY_TIMEOUT_MS,
  );
  return { url };
}

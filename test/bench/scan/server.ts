import { createServer, type Server } from 'node:http';
import { PACE_QUERY } from '../../../src/scan/pace.ts';
import { createRandom } from '../../../src/simulation/random.ts';
import { fakePods, fakeWorkload } from '../../fakes/cluster.ts';

/** Families of an HTTP service in Node with a pool, and of its containers: enough for all indicators but that of queues. */
const NAMES = [
  'http_server_request_duration_seconds_count',
  'http_server_request_duration_seconds_bucket',
  'http_server_active_requests',
  'container_cpu_usage_seconds_total',
  'container_cpu_cfs_periods_total',
  'container_memory_working_set_bytes',
  'container_spec_memory_limit_bytes',
  'nodejs_eventloop_lag_p99_seconds',
  'hikaricp_connections_active',
];
const POOL_NAMES = ['hikaricp_connections_active', 'hikaricp_connections_max', 'hikaricp_connections_pending'];

/** Labels of one family that have exploded: so many series of pods that nobody knows, in a namespace of their own. */
export const EXPLODED_NAMESPACE = 'exploded';

/** Answers every question with one sample for each pod, as Prometheus writes it; as an old one, which knows no limit. */
export async function serve(workloads: number, seed: number, exploded = 0): Promise<Server> {
  const random = createRandom(seed);
  const pods: string[] = [];
  for (let index = 0; index < workloads; index += 1)
    for (const pod of fakePods(fakeWorkload({ subject: { name: `workload-${index}`, namespace: 'bench' } })))
      pods.push(pod.name);
  const sample = (metric: Record<string, string>) => ({ metric, value: [1_800_000_000, String(1 + random.uniform())] });
  const answerTo = (query: string): unknown[] => {
    if (query.startsWith('count by (__name__')) return NAMES.map((name) => sample({ __name__: name, job: 'bench' }));
    if (query === PACE_QUERY) return [{ metric: { job: 'bench' }, value: [1_800_000_000, '4'] }];
    const names = query.includes('hikaricp') ? POOL_NAMES : [undefined];
    const known = names.flatMap((name) =>
      pods.map((pod) => sample({ ...(name === undefined ? {} : { __name__: name }), namespace: 'bench', pod })),
    );
    const scope = /namespace=~"([^"]*)"/.exec(query)?.[1]?.split('|');
    const unknown = query.startsWith('sum by') && query.includes('duration_seconds_count') && !query.includes('5..');
    return [
      ...(scope?.includes('bench') === false ? [] : known),
      ...(!unknown || scope?.includes(EXPLODED_NAMESPACE) === false
        ? []
        : Array.from({ length: exploded }, (_, index) =>
            sample({ namespace: EXPLODED_NAMESPACE, pod: `pod-of-nobody-${index}` }),
          )),
    ];
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const query = new URLSearchParams(Buffer.concat(chunks).toString('utf8')).get('query') ?? '';
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result: answerTo(query) } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

import { Pool } from 'undici';
import { freePorts } from '../contract/cluster-parts.ts';
import { findElasticsearch, startRealElasticsearch } from '../contract/real-elasticsearch.ts';
import { startDaemon } from './daemon.ts';
import type { Bench } from './figure.ts';
import { bulkBody, ecsDocuments } from './logs/documents.ts';

const DOCUMENTS_PER_BODY = 1_000;
const BODIES = 40;
const CONNECTIONS = 4;
const WARM_UP_MS = 3_000;
const MEASURE_MS = 10_000;

interface Run {
  readonly perS: number;
  readonly cpuUs: number;
}

export const bench: Bench = {
  name: 'bulk',
  summary:
    'documents per second through _bulk, answered once durable, beside a real Elasticsearch with the same bodies',
  async run({ emit, progress, seed }) {
    const bodies = Array.from({ length: BODIES }, (_, at) =>
      bulkBody(ecsDocuments(DOCUMENTS_PER_BODY, seed * BODIES + at, Date.now()), 'bench'),
    );
    const [port = 0] = await freePorts(1);
    progress(`the daemon as a process, ${MEASURE_MS / 1000} s after ${WARM_UP_MS / 1000} s`);
    const daemon = await startDaemon('src/main.ts', 1, seed, `logs: { intake: { port: ${port} } }`);
    let own: Run;
    try {
      const sent = { documents: 0 };
      own = await measure(`http://127.0.0.1:${port}`, bodies, sent, async () => daemon.cpuS());
      const counted = await countedBy(daemon.url);
      emit({
        bench: 'bulk',
        figure: 'answered_but_not_counted',
        value: sent.documents - counted,
        unit: 'documents',
        better: 'lower',
        must: 0,
        seed,
      });
    } finally {
      await daemon.stop();
    }
    const peer = await measurePeer(bodies, progress);
    emit({
      bench: 'bulk',
      figure: 'documents_per_s',
      value: Math.round(own.perS),
      unit: 'documents/s',
      better: 'higher',
      ...besides(peer?.perS, own.perS),
      ...(peer === null ? {} : { must: Math.round(peer.perS), aim: Math.round(peer.perS * 4) }),
      seed,
    });
    // Tells a busy machine from a slow daemon: the rate also falls when others use the cores.
    emit({
      bench: 'bulk',
      figure: 'cpu_us_per_document',
      value: rounded(own.cpuUs),
      unit: 'us',
      better: 'lower',
      ...besides(peer?.cpuUs, own.cpuUs),
      seed,
    });
  },
};

function besides(peer: number | undefined, own: number) {
  if (peer === undefined) return {};
  return { peer: { name: 'Elasticsearch 8.19, one node', value: rounded(peer) }, ratio: rounded(own / peer) };
}

async function measurePeer(bodies: readonly Buffer[], progress: (text: string) => void): Promise<Run | null> {
  const program = await findElasticsearch('bench bulk');
  if (program === null) return null;
  progress('Elasticsearch, as long');
  const server = await startRealElasticsearch(program);
  try {
    return await measure(server.url, bodies, { documents: 0 }, () => server.cpuS());
  } finally {
    await server.stop();
  }
}

async function measure(
  url: string,
  bodies: readonly Buffer[],
  sent: { documents: number },
  cpuS: () => Promise<number>,
): Promise<Run> {
  const pool = new Pool(url, { connections: CONNECTIONS });
  let next = 0;
  const sendFor = async (ms: number): Promise<number> => {
    const endsAt = performance.now() + ms;
    let taken = 0;
    const lane = async (): Promise<void> => {
      while (performance.now() < endsAt) {
        const body = bodies[next++ % bodies.length] ?? Buffer.alloc(0);
        const answer = await pool.request({
          method: 'POST',
          path: '/_bulk?filter_path=errors,items.*.error,items.*.status',
          headers: { 'content-type': 'application/x-ndjson', 'user-agent': 'bench' },
          body,
        });
        const text = await answer.body.text();
        if (answer.statusCode === 429) continue;
        if (answer.statusCode !== 200 || !text.includes('"errors":false'))
          throw new Error(`${answer.statusCode} ${text}`);
        taken += DOCUMENTS_PER_BODY;
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, lane));
    sent.documents += taken;
    return taken;
  };
  try {
    await sendFor(WARM_UP_MS);
    const cpuBefore = await cpuS();
    const startedAt = performance.now();
    const taken = await sendFor(MEASURE_MS);
    const tookS = (performance.now() - startedAt) / 1_000;
    const cpu = (await cpuS()) - cpuBefore;
    return { perS: taken / tookS, cpuUs: (cpu * 1e6) / taken };
  } finally {
    await pool.close();
  }
}

async function countedBy(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^hale_log_documents_total\{door="bulk",outcome="counted"\} (\d+)/m.exec(text)?.[1] ?? Number.NaN);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

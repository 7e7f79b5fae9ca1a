import type { Subject } from '../../src/domain/subject.ts';
import { escapeRegex, promqlString } from '../../src/domain/workload-series.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import type { Points } from '../../src/workload-metrics/index.ts';
import {
  addInto,
  finitePoints,
  maxInto,
  named,
  otelNamed,
  readSeries,
  wholeSecond,
} from '../../src/workload-metrics/index.ts';
import type { QueueBacklogConfig } from './schema.ts';

/** One queue as the consumer or an exporter sees it. */
export interface Queue {
  readonly name: string;
  readonly backlog: Points;
  /** How far its consumers have come: a counter; null where nothing tells. */
  readonly progress: Points | null;
  /** Consumers that are connected; null where nothing tells. */
  readonly consumers: Points | null;
}

const STEP_MS = 30_000;

/** What the consumers' own pods tell: the Kafka client by Micrometer or JMX, bullmq-otel and the habits of those who export BullMQ by hand. */
const OWN = [
  ...named('backlog', ['kafka_consumer_fetch_manager_records_lag_max', 'kafka_consumer_records_lag_max']),
  ...named('waiting', ['bullmq_jobs_waiting', 'bull_jobs_waiting', 'bull_queue_waiting']),
  ...otelNamed('jobs', ['bullmq_queue_jobs']),
] as const;

/** kafka_exporter, kminion, RabbitMQ's own plug-in (per object, and detailed), redis_exporter with the lists of BullMQ checked. */
const ROLES: Readonly<Record<string, { readonly role: 'backlog' | 'progress' | 'consumers'; readonly label: string }>> =
  {
    kafka_consumergroup_lag_sum: { role: 'backlog', label: 'consumergroup' },
    kafka_consumergroup_lag: { role: 'backlog', label: 'consumergroup' },
    kafka_consumergroup_current_offset: { role: 'progress', label: 'consumergroup' },
    kminion_kafka_consumer_group_topic_lag: { role: 'backlog', label: 'group_id' },
    rabbitmq_queue_messages_ready: { role: 'backlog', label: 'queue' },
    rabbitmq_detailed_queue_messages_ready: { role: 'backlog', label: 'queue' },
    rabbitmq_queue_consumers: { role: 'consumers', label: 'queue' },
    rabbitmq_detailed_queue_consumers: { role: 'consumers', label: 'queue' },
    redis_key_size: { role: 'backlog', label: 'key' },
  };
const APART = 'consumergroup, group_id, topic, topic_name, partition, queue, vhost, key';

/** Queues of a workload: what its pods say themselves, then those that carry its name or are configured for it. Two queries. */
export async function readQueues(
  subject: Subject,
  backMs: number,
  config: QueueBacklogConfig,
  ctx: Pick<ReadContext, 'metrics' | 'now'>,
): Promise<{ readonly queues: readonly Queue[]; readonly queries: readonly string[]; readonly at: number }> {
  const by = ['queue', 'queue_name', 'bullmq_queue_name', 'topic', 'state', 'bullmq_job_state'];
  const own = await readSeries(subject, OWN, { backMs, stepMs: STEP_MS, by }, ctx);
  const queues = new Map<string, Points>();
  for (const { role, labels, points, pod } of own.series) {
    const state = labels.state ?? labels.bullmq_job_state ?? '';
    if (role === 'jobs' && !['wait', 'waiting'].includes(state)) continue;
    const name = labels.queue ?? labels.queue_name ?? labels.bullmq_queue_name ?? labels.topic ?? 'of its consumers';
    // Each consumer sees the lag of its own partitions; of a queue in Redis all see the same.
    const held = queues.get(name) ?? new Map<number, number>();
    if (role === 'backlog' && pod !== '') addInto(held, points);
    else maxInto(held, points);
    queues.set(name, held);
  }
  const seen = [...queues].map(([name, backlog]): Queue => ({ name, backlog, progress: null, consumers: null }));
  const exported = await readExported(subject, backMs, config, ctx);
  return { queues: [...exported.queues, ...seen], queries: [exported.query, own.query], at: own.at };
}

async function readExported(
  subject: Subject,
  backMs: number,
  config: QueueBacklogConfig,
  ctx: Pick<ReadContext, 'metrics' | 'now'>,
): Promise<{ readonly queues: readonly Queue[]; readonly query: string }> {
  const at = wholeSecond(ctx.now());
  const place = `${subject.namespace}/${subject.name}`;
  const configured = config.queues.filter(({ consumer }) => consumer === place).map(({ name }) => name);
  const query = exportedQuery(subject.name, configured);
  const answer = await ctx.metrics.range(query, at - backMs, at, STEP_MS);
  const found = new Map<
    string,
    { backlog: Map<string, Map<number, number>>; progress: Map<number, number>; consumers: Map<number, number> }
  >();
  for (const one of answer.series) {
    const metric = one.labels.__name__ ?? '';
    const known = ROLES[metric];
    if (known === undefined) continue;
    const topic = one.labels.topic ?? one.labels.topic_name ?? '';
    const name = `${one.labels[known.label] ?? ''}${topic === '' ? '' : ` of topic ${topic}`}`;
    const held = found.get(name) ?? { backlog: new Map(), progress: new Map(), consumers: new Map() };
    found.set(name, held);
    if (known.role !== 'backlog') {
      addInto(held[known.role], finitePoints(one));
      continue;
    }
    // Two exporters, or a sum beside its parts, tell the same thing: each is added up by itself.
    const points = held.backlog.get(metric) ?? new Map<number, number>();
    addInto(points, finitePoints(one));
    held.backlog.set(metric, points);
  }
  const queues = [...found].flatMap(([name, { backlog, progress, consumers }]): Queue[] => {
    const [points] = [...backlog.values()].filter((one) => one.size > 0);
    if (points === undefined) return [];
    return [
      {
        name,
        backlog: points,
        progress: progress.size > 0 ? progress : null,
        consumers: consumers.size > 0 ? consumers : null,
      },
    ];
  });
  return { queues, query };
}

/** A consumer group that carries the workload's name is its own; any other name has to be configured. */
function exportedQuery(workload: string, configured: readonly string[]): string {
  const pattern = (names: readonly string[]) => promqlString(names.map(escapeRegex).join('|'));
  const labels = new Map(
    Object.values(ROLES).map(({ label }) => [label, label === 'consumergroup' || label === 'group_id']),
  );
  return [...labels]
    .flatMap(([label, isGroup]) => {
      const names = [...(isGroup ? [workload] : []), ...configured];
      // A list of BullMQ is called bull:<queue>:wait.
      const wanted = label === 'key' ? names.flatMap((name) => [name, `bull:${name}:wait`]) : names;
      if (wanted.length === 0) return [];
      const metrics = Object.keys(ROLES).filter((metric) => ROLES[metric]?.label === label);
      return [
        `max by (__name__, ${APART}) ({__name__=~${promqlString(metrics.join('|'))},${label}=~${pattern(wanted)}})`,
      ];
    })
    .join('\nor ');
}

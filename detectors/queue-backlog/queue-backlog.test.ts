import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { queueBacklog } from './index.ts';

const MINUTE_MS = 60_000;
type Over = (minutesAgo: number) => number;
type Write = readonly [name: string, labels: Record<string, string>, value: Over];

const growing: Over = (ago) => 5_000 - 400 * ago;
const CONFIG = { queues: [{ name: 'created', consumer: 'shop/orders' }] };
const GROUP = { consumergroup: 'orders', topic: 'created' };

function world(...writes: readonly Write[]) {
  return detectorWorld((series, _, now) => {
    const shape = { from: now - 12 * MINUTE_MS, to: now };
    for (const [name, labels, value] of writes)
      series.gauge({ __name__: name, ...labels }, (at) => value((now - at) / MINUTE_MS), shape);
  });
}

const own = (labels: Record<string, string> = {}) => ({ namespace: 'shop', pod: 'orders-7d9f8c6b5d-x2k4b', ...labels });

describe('queue-backlog', () => {
  it('names queue, length, growth and consumers', async () => {
    const offsets: Write = [
      'kafka_consumergroup_current_offset',
      { ...GROUP, partition: '0' },
      (ago) => 1e6 - 50 * ago,
    ];
    const made = world(['kafka_consumergroup_lag_sum', GROUP, growing], offsets);

    expect(await detectIn(made, queueBacklog)).toMatchObject([
      {
        reason: 'queue-backlog',
        confidence: 0.85,
        summary: expect.stringMatching(
          /Deployment shop\/orders: queue orders of topic created: \d+ messages, growing by \d+\/min, 3 consumers busy/,
        ),
        mend: 'kubectl -n shop scale deployment/orders --replicas=4  # while what they call has room',
      },
    ]);
  });

  it('adds up partitions, and takes a sum beside them for the same', async () => {
    const part = (partition: string): Write => [
      'kafka_consumergroup_lag',
      { ...GROUP, partition },
      (ago) => growing(ago) / 2,
    ];
    const [finding] = await detectIn(
      world(part('0'), part('1'), ['kafka_consumergroup_lag_sum', GROUP, growing]),
      queueBacklog,
    );

    expect(finding?.figures.messages).toBeGreaterThan(4_500);
    expect(finding?.figures.messages).toBeLessThan(5_100);
    expect(finding?.figures.growthPerMinute).toBeGreaterThan(300);
  });

  it.each<[string, Write]>([
    ['kminion', ['kminion_kafka_consumer_group_topic_lag', { group_id: 'orders', topic_name: 'created' }, growing]],
    ['the Kafka client', ['kafka_consumer_fetch_manager_records_lag_max', own({ topic: 'created' }), growing]],
    ['RabbitMQ per object', ['rabbitmq_queue_messages_ready', { queue: 'created', vhost: '/' }, growing]],
    ['RabbitMQ detailed', ['rabbitmq_detailed_queue_messages_ready', { queue: 'created', vhost: '/' }, growing]],
    ['bullmq-otel', ['bullmq.queue.jobs', own({ queue: 'created', state: 'waiting' }), growing]],
    ['BullMQ by hand', ['bullmq_jobs_waiting', own({ queue: 'created' }), growing]],
    ['redis_exporter', ['redis_key_size', { key: 'bull:created:wait' }, growing]],
  ])('reads %s', async (_, write) => {
    expect(await detectIn(world(write), queueBacklog, CONFIG)).toMatchObject([{ confidence: 0.7 }]);
  });

  it.each<[string, readonly Write[]]>([
    ['a long queue that stays as long', [['kafka_consumergroup_lag_sum', GROUP, () => 50_000]]],
    ['a queue that is worked off', [['kafka_consumergroup_lag_sum', GROUP, (ago) => 400 * ago + 1_000]]],
    ['a batch that came at once', [['kafka_consumergroup_lag_sum', GROUP, (ago) => (ago < 1 ? 9_000 : 0)]]],
    ['a few messages', [['kafka_consumergroup_lag_sum', GROUP, (ago) => 40 - 3 * ago]]],
    ['another group', [['kafka_consumergroup_lag_sum', { ...GROUP, consumergroup: 'reorders' }, growing]]],
    ['another queue', [['rabbitmq_queue_messages_ready', { queue: 'paid' }, growing]]],
    ['jobs that are active', [['bullmq_queue_jobs', own({ queue: 'created', state: 'active' }), growing]]],
    [
      'consumers that stand still',
      [
        ['kafka_consumergroup_lag_sum', GROUP, growing],
        ['kafka_consumergroup_current_offset', { ...GROUP, partition: '0' }, () => 77],
      ],
    ],
    [
      'nobody is connected',
      [
        ['rabbitmq_queue_messages_ready', { queue: 'created' }, growing],
        ['rabbitmq_queue_consumers', { queue: 'created' }, () => 0],
      ],
    ],
  ])('finds nothing: %s', async (_, writes) => {
    expect(await detectIn(world(...writes), queueBacklog, CONFIG)).toEqual([]);
  });
});

import { commandText } from '../../src/domain/command-text.ts';
import { subjectName } from '../../src/domain/subject.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import { lastValue, meanOf, valuesWithin } from '../../src/workload-metrics/index.ts';
import type { Queue } from './queues.ts';
import { readQueues } from './queues.ts';
import { QueueBacklogConfig } from './schema.ts';

export const queueBacklog = defineDetector<QueueBacklogConfig>({
  id: 'queue-backlog',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: QueueBacklogConfig,
  async detect(incident, config, ctx) {
    const { subject, workload } = incident;
    // Nobody consumes: why that is so is for other detectors.
    if (workload.readyReplicas === 0) return [];
    const { queues, queries, at } = await readQueues(subject, config.growingFor + 120_000, config, ctx);
    const growing = queues.flatMap((queue) => growthOf(queue, at, config) ?? []);
    const [worst] = growing.toSorted((a, b) => b.perMinute - a.perMinute);
    if (worst === undefined) return [];
    const { queue, messages, perMinute, working } = worst;
    const replicas = workload.replicas ?? workload.readyReplicas;
    const consumers = `${workload.readyReplicas} consumers ${working === true ? 'busy' : 'ready'}`;
    const isScaled = ctx.cluster.autoscalerOf(subject) !== null;
    const object = `${subject.kind.toLowerCase()}/${subject.name}`;
    const canScale = subject.kind === 'Deployment' || subject.kind === 'StatefulSet';
    return [
      {
        id: ctx.newId(),
        detector: 'queue-backlog',
        reason: 'queue-backlog',
        subject,
        confidence: working === true ? 0.85 : 0.7,
        summary: `${subjectName(subject)}: queue ${queue.name}: ${Math.round(messages)} messages, growing by ${Math.round(perMinute)}/min, ${consumers}`,
        figures: {
          messages,
          growthPerMinute: perMinute,
          readyReplicas: workload.readyReplicas,
          queuesGrowing: growing.length,
        },
        evidence: queries.flatMap((query) => ctx.metrics.evidenceOf(query) ?? []),
        ...(canScale && !isScaled
          ? {
              mend: `${commandText('kubectl', '-n', subject.namespace, 'scale', object, `--replicas=${replicas + 1}`)}  # while what they call has room`,
            }
          : {}),
      },
    ];
  },
});

interface Growth {
  readonly queue: Queue;
  readonly messages: number;
  readonly perMinute: number;
  /** Null = nothing tells. */
  readonly working: boolean | null;
}

/** Least share of the growth that each half of the time has to bring: a batch that arrives at once is none. */
const STEADY_SHARE = 0.2;

function growthOf(queue: Queue, at: number, config: QueueBacklogConfig): Growth | null {
  const from = at - config.growingFor;
  const middle = (from + at) / 2;
  const around = (when: number) => meanOf(valuesWithin(queue.backlog, when - 31_000, when + 31_000));
  const [first, half, last] = [around(from), around(middle), around(at)];
  const now = lastValue(queue.backlog, at);
  if (first === null || half === null || last === null || now === null || now < config.minMessages) return null;
  const growth = last - first;
  if (growth < Math.max(first * config.minGrowthShare, config.minMessages * 0.2)) return null;
  if (half - first < growth * STEADY_SHARE || last - half < growth * STEADY_SHARE) return null;
  const working = isWorking(queue, at, from);
  // Consumers that stand still need no company: what holds them is another cause.
  if (working === false) return null;
  return { queue, messages: now, perMinute: (growth * 60_000) / config.growingFor, working };
}

function isWorking({ progress, consumers }: Queue, at: number, from: number): boolean | null {
  if (progress !== null) {
    const values = valuesWithin(progress, from, at);
    const [before, after] = [values[0], values.at(-1)];
    if (values.length >= 2 && before !== undefined && after !== undefined) return after > before;
  }
  const connected = consumers === null ? null : lastValue(consumers, at);
  return connected === null ? null : connected > 0;
}

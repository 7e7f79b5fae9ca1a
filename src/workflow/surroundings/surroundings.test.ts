import { describe, expect, it } from 'vitest';
import { HaleError } from '../../domain/errors.ts';
import type { Subject } from '../../domain/subject.ts';
import type { RangeSeries } from '../../ports/metrics.ts';
import { readSurroundings } from './index.ts';

const NOW = Date.UTC(2026, 0, 5, 14, 10);
const SINCE = NOW - 5 * 60_000;
const subject = (name: string): Subject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'shop',
  name,
  uid: `uid-${name}`,
});

/** A counter that grows by `perS`, read every 30 s for two minutes. */
function counter(name: string, labels: Readonly<Record<string, string>>, perS: number): RangeSeries {
  const points = [0, 1, 2, 3, 4].map((step) => ({ at: NOW - (4 - step) * 30_000, value: 100 + step * 30 * perS }));
  return { labels: { __name__: name, namespace: 'shop', ...labels }, points };
}
const pod = (workload: string) => ({ pod: `${workload}-5d8f7c9b6d-x2k4p` });

function reading(range: () => Promise<readonly RangeSeries[]>) {
  const asked: string[] = [];
  return {
    asked,
    now: () => NOW,
    keep: () => 'graph',
    topology: {
      calleesOf: async () => [],
      graph: async () => ({
        at: NOW,
        nodes: ['web', 'orders', 'bystander'].map((name) => ({
          id: name,
          kind: 'workload' as const,
          name,
          subject: subject(name),
        })),
        edges: [
          {
            from: 'web',
            to: 'orders',
            kind: 'request' as const,
            sources: ['mesh' as const],
            live: true,
            hourAgo: true,
          },
        ],
        notices: [],
      }),
    },
    metrics: {
      instant: async () => ({ series: [], warnings: [] }),
      async range(query: string) {
        asked.push(query);
        return { series: await range(), warnings: [] };
      },
      evidenceOf: (query: string) => `evidence-${asked.indexOf(query)}`,
    },
  };
}

describe('readSurroundings', () => {
  it('reads what requests and containers say of the workload and of what it calls, in two queries', async () => {
    const answer = [
      counter('http_request_duration_seconds_sum', { ...pod('orders'), status: '200' }, 4),
      counter('http_request_duration_seconds_count', { ...pod('orders'), status: '200' }, 18),
      counter('http_request_duration_seconds_count', { ...pod('orders'), status: '503' }, 2),
      counter('container_cpu_usage_seconds_total', pod('web'), 0.5),
      counter('container_cpu_usage_seconds_total', pod('bystander'), 9),
    ];
    const from = reading(async () => answer);

    const around = await readSurroundings(subject('web'), SINCE, from);

    expect(from.asked).toHaveLength(2);
    expect(around.indicators.map(({ subject: { name } }) => name)).toEqual(['web', 'orders']);
    const last = Object.fromEntries(
      around.indicators.flatMap(({ subject: { name }, series }) =>
        series.map((one) => [`${name} ${one.indicator}`, one.points.at(-1)?.value]),
      ),
    );
    expect(last).toEqual({
      'web cpu': 0.5,
      'orders latency': 0.2,
      'orders errors': 10,
      'orders traffic': 20,
    });
  });

  it('takes a counter that fell for one that began anew', async () => {
    const restarted = {
      labels: { __name__: 'container_cpu_usage_seconds_total', namespace: 'shop', ...pod('web') },
      points: [
        { at: NOW - 30_000, value: 900 },
        { at: NOW, value: 15 },
      ],
    };

    const { indicators } = await readSurroundings(
      subject('web'),
      SINCE,
      reading(async () => [restarted]),
    );

    expect(indicators[0]?.series[0]?.points).toEqual([{ at: NOW, value: 0.5 }]);
  });

  it('is left with nothing when Prometheus does not answer, and does not fail', async () => {
    const down = reading(() => Promise.reject(new HaleError('metrics-unavailable', 'down')));

    const around = await readSurroundings(subject('web'), SINCE, down);

    expect(around.indicators).toEqual([]);
    expect(around.graph?.edges).toHaveLength(1);
  });
});

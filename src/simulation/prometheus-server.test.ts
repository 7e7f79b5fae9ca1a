import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from './clock.ts';
import { expandTemplate } from './prometheus/templates.ts';
import type { PrometheusOptions, SimulatedPrometheus } from './prometheus-server.ts';
import { createPrometheusServer } from './prometheus-server.ts';
import { makeLabels } from './tsdb/labels.ts';
import { createSampleStore } from './tsdb/store.ts';

const START_MS = 1_700_000_000_000;
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function startServer(options: Partial<PrometheusOptions> = {}) {
  const clock = createManualClock({ startMs: START_MS });
  const store = createSampleStore({ retentionMs: 7_200_000 });
  const server = createPrometheusServer({ clock, store, ...options });
  await server.start();
  stops.push(() => server.stop());
  const push = (name: string, labels: Record<string, string>, value: number): void =>
    store.series({ __name__: name, ...labels }).append(clock.now(), value);
  return { clock, store, server, push };
}

async function get(
  server: SimulatedPrometheus,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(server.url() + path, init);
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

describe('query API', () => {
  it('answers an instant query by GET and by form POST in the same envelope', async () => {
    const { server, push } = await startServer();
    push('up', { job: 'a' }, 1);

    const byGet = await get(server, '/api/v1/query?query=up');
    const byPost = await get(server, '/api/v1/query', { method: 'POST', body: new URLSearchParams({ query: 'up' }) });

    expect(byGet).toEqual({
      status: 200,
      body: {
        status: 'success',
        data: {
          resultType: 'vector',
          result: [{ metric: { __name__: 'up', job: 'a' }, value: [START_MS / 1_000, '1'] }],
        },
      },
    });
    expect(byPost).toEqual(byGet);
  });

  it.each([
    ['query?query=1/0', 200, { data: { resultType: 'scalar', result: [START_MS / 1_000, '+Inf'] } }],
    ['query?query=sum(', 400, { errorType: 'bad_data', status: 'error' }],
    ['query?query=up&time=never', 400, { errorType: 'bad_data' }],
    [
      'query_range?query=up&start=0&end=11001&step=1',
      400,
      { error: expect.stringContaining('11,000 points') as string },
    ],
    ['query_range?query=up&start=10&end=0&step=1', 400, { error: expect.stringContaining('end timestamp') as string }],
    ['query_range?query=up&start=0&end=10&step=0', 400, { error: expect.stringContaining('step') as string }],
    ['query_range?query=up[5m]&start=0&end=10&step=1', 400, { errorType: 'bad_data' }],
    ['query?query=holt_winters(up[5m],1,1)', 400, { error: expect.stringContaining('holt_winters') as string }],
    ['series', 400, { errorType: 'bad_data' }],
  ])('%s is %i', async (path, status, body) => {
    const { server } = await startServer();

    const answer = await get(server, `/api/v1/${path}`);

    expect(answer).toMatchObject({ status, body });
  });

  it('lists series, labels, values, targets, metadata and its version', async () => {
    const { server, push } = await startServer({ metadata: new Map([['up', { type: 'gauge', help: 'h', unit: '' }]]) });
    push('up', { job: 'a' }, 1);
    push('up', { job: 'b' }, 1);

    expect((await get(server, '/api/v1/label/job/values?match[]=up')).body).toMatchObject({ data: ['a', 'b'] });
    expect((await get(server, '/api/v1/labels')).body).toMatchObject({ data: ['__name__', 'job'] });
    expect((await get(server, '/api/v1/series?match[]=up{job="a"}')).body).toMatchObject({
      data: [{ __name__: 'up', job: 'a' }],
    });
    expect((await get(server, '/api/v1/metadata?metric=up')).body).toMatchObject({ data: { up: [{ type: 'gauge' }] } });
    expect((await get(server, '/api/v1/targets')).body).toMatchObject({
      data: { activeTargets: [], droppedTargets: [] },
    });
    expect((await get(server, '/api/v1/status/buildinfo')).body).toMatchObject({ data: { version: '3.14.0' } });
    expect((await get(server, '/-/ready')).status).toBe(200);
  });

  it('says when an answer is cut by limit or partial', async () => {
    const { server, push } = await startServer();
    for (const job of ['a', 'b', 'c']) push('up', { job }, 1);

    expect((await get(server, '/api/v1/query?query=up&limit=1')).body).toMatchObject({
      warnings: ['results truncated due to limit'],
    });

    server.behaviour.partialWarnings = true;

    const partial = await get(server, '/api/v1/query?query=up');
    expect(partial.body).toMatchObject({ status: 'success', warnings: [expect.stringContaining('partial') as string] });
    expect((partial.body as { data: { result: unknown[] } }).data.result).toHaveLength(2);
  });

  it('demands credentials and lives under its prefix when told so', async () => {
    const { server } = await startServer({ authentication: { bearer: 'secret' }, pathPrefix: '/prom' });

    expect((await get(server, '/api/v1/labels')).status).toBe(401);
    expect((await get(server, '/api/v1/labels', { headers: { authorization: 'Bearer secret' } })).status).toBe(200);
    expect(server.url()).toMatch(/\/prom$/);
  });

  it('breaks on request', async () => {
    const { server } = await startServer();

    server.behaviour.status500 = true;
    expect((await get(server, '/api/v1/query?query=up')).status).toBe(500);
    server.behaviour.status500 = false;
    server.behaviour.hang = true;
    await expect(get(server, '/api/v1/labels', { signal: AbortSignal.timeout(50) })).rejects.toThrow(/abort|timeout/i);
    server.behaviour.hang = false;
    server.behaviour.down = true;
    await expect(get(server, '/api/v1/labels')).rejects.toThrow(/fetch failed/);
  });
});

describe('alert rules', () => {
  const rules = [
    {
      groups: [
        {
          name: 'shop',
          interval: '10s',
          rules: [
            {
              alert: 'Slow',
              expr: 'latency > 1',
              for: '20s',
              labels: { severity: 'page' },
              annotations: { summary: '{{ $labels.pod }} takes {{ $value | printf "%.1f" }} s' },
            },
            { record: 'job:latency:max', expr: 'max by (job) (latency)' },
          ],
        },
      ],
    },
  ];

  it('moves from pending to firing to resolved, and tells Alertmanager', async () => {
    const bodies: { endsAt: string; labels: Record<string, string>; annotations: Record<string, string> }[][] = [];
    const receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(JSON.parse(Buffer.concat(chunks).toString()) as (typeof bodies)[number]);
        response.end('');
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    stops.push(
      () =>
        new Promise((resolve) => {
          receiver.closeAllConnections();
          receiver.close(() => resolve());
        }),
    );
    const alertmanagerUrl = (): string => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    const { server, clock, push } = await startServer({ rules, alertmanagerUrl });
    const step = async (value: number): Promise<string | undefined> => {
      push('latency', { job: 'web', pod: 'web-1' }, value);
      clock.advance(10_000);
      await server.settled();
      const { body } = await get(server, '/api/v1/alerts');
      return (body as { data: { alerts: { state: string }[] } }).data.alerts[0]?.state;
    };

    const states = [await step(2.55), await step(2.55), await step(2.55), await step(2.55), await step(0.1)];

    expect(states).toEqual(['pending', 'pending', 'firing', 'firing', undefined]);
    expect(bodies).toHaveLength(2);
    expect(bodies[0]?.[0]).toMatchObject({
      labels: { alertname: 'Slow', pod: 'web-1', severity: 'page' },
      annotations: { summary: 'web-1 takes 2.5 s' },
    });
    expect(Date.parse(bodies[1]?.[0]?.endsAt ?? '')).toBe(clock.now());
    const { body } = await get(server, '/api/v1/rules?type=alert');
    expect(body).toMatchObject({
      data: { groups: [{ rules: [{ query: 'latency > 1', type: 'alerting', health: 'ok', duration: 20 }] }] },
    });
    expect((await get(server, '/api/v1/query?query=job:latency:max')).body).toMatchObject({
      data: { result: [{ value: [clock.now() / 1_000, '0.1'] }] },
    });
  });

  it('refuses a rule that it cannot read, by name', () => {
    const clock = createManualClock({ startMs: 0 });
    const store = createSampleStore({ retentionMs: 1_000 });
    const broken = [{ groups: [{ name: 'g', rules: [{ alert: 'Broken', expr: 'rate(up)' }] }] }];

    expect(() => createPrometheusServer({ clock, store, rules: broken })).toThrow(
      /group g, rule Broken: .*range vector/,
    );
  });
});

describe('templates', () => {
  it.each([
    ['{{ $value | humanizePercentage }}', '12.5%'],
    ['{{ $value }}', '0.125'],
    ['{{ humanize 12345.0 }}', '12.35k'],
    ['{{ humanizeDuration 3700 }}', '1h 1m 40s'],
    ['{{ $labels.none }}|{{ .Labels.pod | toUpper }}', '|WEB-1'],
    ['{{ query "up" }}', '<error expanding template: function "query" not defined>'],
  ])('%s', (template, expected) => {
    expect(expandTemplate(template, { labels: makeLabels([['pod', 'web-1']]), value: 0.125 })).toBe(expected);
  });
});

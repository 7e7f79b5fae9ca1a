import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPrometheus, type PrometheusOptions } from '../../src/adapters/prometheus/index.ts';
import { type HaleError, isHaleError } from '../../src/domain/errors.ts';
import type { MetricsReader } from '../../src/ports/metrics.ts';
import { type Answer, type BadServer, BROKEN_ANSWERS, json, raw, startBadServer } from './cluster-bad-server.ts';

const AT = 1_700_000_000_000;
let server: BadServer;
const readers: { close(): void }[] = [];

beforeEach(async () => {
  server = await startBadServer(raw(500, ''));
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await server.stop();
});

function connect(options: Partial<PrometheusOptions> = {}): MetricsReader {
  const reader = createPrometheus({ url: server.url, timeoutMs: 150, ...options });
  readers.push(reader);
  return reader;
}

async function failure(attempt: Promise<unknown>): Promise<HaleError> {
  const thrown: unknown = await attempt.then(
    () => new Error('this should have failed'),
    (error: unknown) => error,
  );
  if (!isHaleError(thrown)) throw thrown;
  return thrown;
}

function vector(result: unknown, more: object = {}): Answer {
  return json(200, { status: 'success', data: { resultType: 'vector', result }, ...more });
}

describe('a query', () => {
  it.each(BROKEN_ANSWERS)('that is answered with %s is metrics-unavailable', async (_what, answer) => {
    server.answer = answer;

    const error = await failure(connect().instant('up', AT));

    expect(error.code).toBe('metrics-unavailable');
    expect(error.retryable).toBe(true);
  });

  it.each([
    [400, 'metrics-rejected'],
    [422, 'metrics-rejected'],
    [401, 'metrics-rejected'],
    [403, 'metrics-rejected'],
    [404, 'metrics-rejected'],
    [302, 'metrics-rejected'],
    [429, 'metrics-unavailable'],
    [500, 'metrics-unavailable'],
    [502, 'metrics-unavailable'],
    [503, 'metrics-unavailable'],
  ] as const)('that is refused with %d is %s', async (status, code) => {
    server.answer = json(status, { status: 'error', errorType: 'x', error: 'because' }, { location: 'http://other/' });

    const error = await failure(connect().instant('up', AT));

    expect(error.code).toBe(code);
    expect(error.details['status']).toBe(status);
  });

  it('is asked once, whatever the answer: who asks decides about a retry', async () => {
    server.answer = json(503, { status: 'error' });

    await failure(connect().instant('up', AT));

    expect(server.seen).toHaveLength(1);
  });

  it('does not follow a redirect, where the credential would go along', async () => {
    server.answer = (request, response) =>
      (request.path === '/elsewhere' ? vector([]) : raw(307, '', { location: `${server.url}/elsewhere` }))(
        request,
        response,
      );

    await failure(connect({ auth: { bearer: () => 'secret' } }).instant('up', AT));

    expect(server.seen.map((it) => it.path)).toEqual(['/api/v1/query']);
  });

  it('is metrics-unavailable when nobody listens', async () => {
    const reader = connect();
    await server.stop();

    const error = await failure(reader.instant('up', AT));

    expect(error.code).toBe('metrics-unavailable');
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('stops reading an endless answer', async () => {
    let closed = false;
    server.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const pump = (): void => {
        if (!closed && response.write('x'.repeat(10_000))) setImmediate(pump);
      };
      response.on('drain', pump);
      response.on('close', () => {
        closed = true;
      });
      pump();
    };

    const error = await failure(connect({ maxBytes: 100_000, timeoutMs: 10_000 }).instant('up', AT));

    expect(error.code).toBe('metrics-limit');
    await expect.poll(() => closed).toBe(true);
  });

  it('shows warnings and infos of the server', async () => {
    server.answer = vector([], { warnings: ['store is away'], infos: ['not a counter'] });

    const answer = await connect().instant('up', AT);

    expect(answer.warnings).toEqual(['store is away', 'not a counter']);
  });

  it('leaves out native histograms, and says so', async () => {
    server.answer = vector([
      { metric: { a: '1' }, histogram: [1, { count: '1', sum: '2' }] },
      { metric: { a: '2' }, value: [1, '3'] },
    ]);

    const answer = await connect().instant('up', AT);

    expect(answer.series).toEqual([{ labels: { a: '2' }, at: 1_000, value: 3 }]);
    expect(answer.warnings).toEqual([expect.stringContaining('1 series hold native histograms')]);
  });

  it.each([
    ['a value that is no number', [{ metric: {}, value: [1, 'many'] }]],
    ['an empty value', [{ metric: {}, value: [1, ''] }]],
    ['a value without quotes', [{ metric: {}, value: [1, 2] }]],
    ['a label that is no text', [{ metric: { a: 1 }, value: [1, '2'] }]],
    ['no labels', [{ value: [1, '2'] }]],
    ['no value', [{ metric: {} }]],
    ['null', [null]],
    ['no list', {}],
  ])('that is answered with %s is not read as data', async (_what, result) => {
    server.answer = vector(result);

    const error = await failure(connect().instant('up', AT));

    expect(error.code).toBe('metrics-unavailable');
  });

  const SAMPLES = [1, 2, 3].map((index) => ({ metric: { a: `${index}` }, value: [1, `${index}`] }));

  it('hands samples over as they come, with the warnings at the end', async () => {
    const histogram = { metric: {}, histogram: [1, { count: '1', sum: '2' }] };
    server.answer = vector([...SAMPLES, histogram], { warnings: ['store is away'] });
    const taken: number[] = [];

    const answer = await connect().instant('up', AT, { take: ({ value }) => taken.push(value) });

    expect(taken).toEqual([1, 2, 3]);
    expect(answer.series).toEqual([]);
    expect(answer.warnings).toEqual(['store is away', expect.stringContaining('1 series hold native histograms')]);
  });

  it('reads a scalar as a whole, also where samples are taken as they come', async () => {
    server.answer = json(200, { status: 'success', data: { resultType: 'scalar', result: [1, '7'] } });

    const answer = await connect().instant('1', AT, { take: () => undefined });

    expect(answer.series).toEqual([{ labels: {}, at: 1_000, value: 7 }]);
  });

  it('takes no more samples than it may, and says that there are more', async () => {
    server.answer = vector(SAMPLES);
    const taken: number[] = [];

    const error = await failure(connect().instant('up', AT, { maxSeries: 2, take: ({ value }) => taken.push(value) }));

    expect(error.code).toBe('metrics-limit');
    expect(taken).toEqual([1, 2]);
  });

  it('fails with an answer that is cut short, and does not take its beginning twice over a kept connection', async () => {
    const reader = connect();
    server.answer = vector([]);
    await reader.instant('up', AT);
    server.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '10000' });
      response.write(JSON.stringify({ status: 'success', data: { resultType: 'vector', result: SAMPLES } }), () =>
        response.destroy(),
      );
    };
    const taken: number[] = [];

    const error = await failure(reader.instant('up', AT, { take: ({ value }) => taken.push(value) }));

    expect(error.code).toBe('metrics-unavailable');
    expect(taken).toEqual([1, 2, 3]);
  });

  it.each([
    [
      'something else among samples',
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]},7]}}',
    ],
    [
      'samples without an end',
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]}',
    ],
  ])('that is answered with %s is not read as data, also where samples are taken as they come', async (_what, text) => {
    server.answer = raw(200, text, { 'content-type': 'application/json' });

    const error = await failure(connect().instant('up', AT, { take: () => undefined }));

    expect(error.code).toBe('metrics-unavailable');
  });

  it('keeps hostile labels as they are', async () => {
    const metric = JSON.parse('{"__proto__": "x", "constructor": "y", "a": "${jndi:ldap://}"}') as object;
    server.answer = vector([{ metric, value: [1, '2'] }]);

    const answer = await connect().instant('up', AT);

    expect(JSON.stringify(answer.series[0]?.labels)).toBe(JSON.stringify(metric));
  });

  it('carries credentials, headers and the limits for the server', async () => {
    server.answer = vector([]);
    const auth = { username: 'hale', password: () => 'p:w' };

    await connect({ auth, headers: { 'X-Scope-OrgID': 'team' }, maxSeries: 10 }).instant('up', AT + 5);

    const [request] = server.seen;
    expect(request).toMatchObject({ method: 'POST', path: '/api/v1/query' });
    expect(request?.headers['x-scope-orgid']).toBe('team');
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('hale:p:w').toString('base64')}`);
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      query: 'up',
      time: '1700000000.005',
      timeout: '150ms',
      limit: '11',
    });
  });
});

describe('a range that makes no sense', () => {
  it.each([
    ['a step of nothing', AT, AT, 0],
    ['a step below a millisecond', AT, AT, 0.5],
    ['an end before the start', AT, AT - 1, 1_000],
    ['no number', Number.NaN, AT, 1_000],
  ])('is refused before it is asked: %s', async (_what, from, to, stepMs) => {
    const error = await failure(connect().range('up', from, to, stepMs));

    expect(error.code).toBe('metrics-rejected');
    expect(server.seen).toEqual([]);
  });
});

describe('an address that cannot be used', () => {
  it.each(['prometheus:9090', 'ftp://prometheus', '', 'http://user:secret@prometheus:9090'])('%s', (url) => {
    const attempt = (): unknown => createPrometheus({ url });

    expect(attempt).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining('prometheus.url') }),
    );
    expect(attempt).not.toThrow(/secret/);
  });
});

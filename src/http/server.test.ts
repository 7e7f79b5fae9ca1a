import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HaleError } from '../domain/errors.ts';
import { IncidentDossier, IncidentList, IncidentWhy, StatusReport } from '../operations/results.ts';
import { type OperationsBench, openOperations } from '../operations/testing/open.ts';
import { incidentOf, planOf, START } from '../operations/testing/records.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts';
import { alertsOptions } from './testing/alerts.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const TOKENS = (['viewer', 'approver', 'operator'] as const).map((role) => ({
  name: `the-${role}`,
  role,
  token: { reveal: () => `${role}-token` },
}));
const DIGEST = planOf().digest;
const ANSWER = '/api/v1/incidents/incident-0001/answer';

interface Bench {
  readonly server: HttpServer;
  readonly operations: OperationsBench;
  readonly logged: string[];
  readonly answered: string[];
}

async function open(change: Partial<HttpServerOptions> = {}): Promise<Bench> {
  const operations = await openOperations();
  stops.push(operations.close);
  const logged: string[] = [];
  const answered: string[] = [];
  const note = (data: Record<string, unknown>, message: string): void =>
    void logged.push(`${message} ${String(data.code)}`);
  const server = await createHttpServer({
    listen: { host: '127.0.0.1', port: 0, tls: null },
    operations: operations.operations,
    alerts: alertsOptions(),
    tokens: TOKENS,
    readiness: () => operations.operations.readiness(),
    metricsText: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'hale_frozen 0\n' }),
    limits: { bodyTimeoutMs: 5_000, maxConnections: 50, maxEventLoopDelayMs: 60_000 },
    log: { info: note, warn: note, error: note },
    onAnswer: (route, status) => void answered.push(`${route} ${status}`),
    ...change,
  });
  stops.push(() => server.close(1_000));
  return { server, operations, logged, answered };
}

async function ask(
  bench: Bench,
  path: string,
  given: { method?: string; token?: string; body?: unknown; headers?: Record<string, string> } = {},
) {
  const { method = 'GET', token, body, headers } = given;
  const answer = await fetch(`${bench.server.url}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: (): unknown => JSON.parse(text) };
}

describe('reading', () => {
  it.each([
    ['/api/v1/incidents', IncidentList],
    ['/api/v1/incidents?phase=held&phase=gated&open=true&limit=5', IncidentList],
    ['/api/v1/incidents/incident-0001', IncidentDossier],
    ['/api/v1/incidents/incid', IncidentDossier],
    ['/api/v1/incidents/incident-0001/why', IncidentWhy],
    ['/api/v1/status', StatusReport],
  ])('GET %s answers as its schema says', async (path, schema) => {
    const bench = await open();
    await bench.operations.save(incidentOf());

    const answer = await ask(bench, path, { token: 'viewer-token' });

    expect(answer.status).toBe(200);
    expect(schema.parse(answer.json())).toEqual(answer.json());
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('gives evidence with its body', async () => {
    const bench = await open();
    await bench.operations.save(incidentOf());
    const evidence = {
      id: 'evidence-1',
      incidentId: 'incident-0001',
      kind: 'metric-instant' as const,
      source: 'prometheus',
      title: '1 series',
      query: 'up',
      from: START,
      to: START,
      at: START,
      body: { value: [1] },
      truncated: false,
    };
    await bench.operations.store.commit({ evidence: [evidence] });

    const answer = await ask(bench, '/api/v1/incidents/incident-0001/evidence/evidence-1', { token: 'viewer-token' });

    expect(answer.json()).toEqual(evidence);
  });

  it('probes and metrics need no token, and say what is missing', async () => {
    const bench = await open();
    const ready = await ask(bench, '/readyz');
    await bench.operations.store.close();

    const [alive, unready, metrics] = await Promise.all(
      ['/healthz', '/readyz', '/metrics'].map((path) => ask(bench, path)),
    );

    expect([ready.status, alive?.status, unready?.status, metrics?.status]).toEqual([200, 200, 503, 200]);
    expect(unready?.json()).toMatchObject({
      ready: false,
      checks: [
        { name: 'store', ok: false },
        { name: 'cluster', ok: true },
      ],
    });
    expect(metrics?.text).toBe('hale_frozen 0\n');
  });
});

describe('changing', () => {
  it('an answer is stored under the name of the token', async () => {
    const bench = await open();
    await bench.operations.save(incidentOf());

    const answer = await ask(bench, ANSWER, {
      method: 'POST',
      token: 'approver-token',
      body: { digest: DIGEST.slice(0, 8), answer: 'approved' },
    });

    expect(answer).toMatchObject({ status: 200 });
    expect(await bench.operations.store.approvalFor(DIGEST)).toMatchObject({ by: 'the-approver', answer: 'approved' });
  });

  it('freezes, and lowers autonomy', async () => {
    const bench = await open();

    const frozen = await ask(bench, '/api/v1/freeze', {
      method: 'PUT',
      token: 'operator-token',
      body: { frozen: true, reason: 'migration' },
    });
    const seen = await ask(bench, '/api/v1/freeze', { token: 'viewer-token' });
    const lowered = await ask(bench, '/api/v1/autonomy', {
      method: 'POST',
      token: 'operator-token',
      body: { policyId: '*', namespace: 'shop', mode: 'observe' },
    });

    expect(frozen.json()).toMatchObject({ frozen: true, by: 'the-operator' });
    expect(seen.json()).toMatchObject({ frozen: true, reason: 'migration' });
    expect(lowered.json()).toMatchObject({ before: 'approve', mode: 'observe' });
  });

  it.each<[string, string, Parameters<typeof ask>[2], number, string]>([
    ['no token', '/api/v1/status', {}, 401, 'unauthenticated'],
    ['a wrong token', '/api/v1/status', { token: 'viewer-toke' }, 401, 'unauthenticated'],
    [
      'another scheme',
      '/api/v1/status',
      { headers: { authorization: 'Basic dmlld2VyLXRva2Vu' } },
      401,
      'unauthenticated',
    ],
    [
      'a viewer who answers',
      ANSWER,
      { method: 'POST', token: 'viewer-token', body: { digest: DIGEST, answer: 'approved' } },
      403,
      'forbidden',
    ],
    [
      'an approver who freezes',
      '/api/v1/freeze',
      { method: 'PUT', token: 'approver-token', body: { frozen: true } },
      403,
      'forbidden',
    ],
    ['an incident that is not there', '/api/v1/incidents/nothing-1', { token: 'viewer-token' }, 404, 'not-found'],
    ['a path that is not there', '/api/v2/incidents', { token: 'viewer-token' }, 404, 'not-found'],
    ['a method that is not there', '/api/v1/status', { method: 'DELETE', token: 'operator-token' }, 404, 'not-found'],
    [
      'the digest of another plan',
      ANSWER,
      { method: 'POST', token: 'approver-token', body: { digest: '00000000', answer: 'approved' } },
      409,
      'approval-invalid',
    ],
    [
      'a body that is too large',
      ANSWER,
      { method: 'POST', token: 'approver-token', body: { digest: 'a'.repeat(17_000), answer: 'approved' } },
      413,
      'body-too-large',
    ],
    [
      'a body that is not JSON',
      ANSWER,
      { method: 'POST', token: 'approver-token', body: '{"digest":' },
      400,
      'body-malformed',
    ],
    [
      'a body with a prototype',
      '/api/v1/freeze',
      { method: 'PUT', token: 'operator-token', body: '{"frozen":true,"__proto__":{"x":1}}' },
      400,
      'body-malformed',
    ],
    [
      'a body with an unknown key',
      '/api/v1/freeze',
      { method: 'PUT', token: 'operator-token', body: { frozen: true, by: 'somebody else' } },
      400,
      'body-malformed',
    ],
    ['no body', '/api/v1/freeze', { method: 'PUT', token: 'operator-token' }, 400, 'body-malformed'],
    [
      'another content type',
      '/api/v1/freeze',
      { method: 'PUT', token: 'operator-token', body: '{}', headers: { 'content-type': 'text/yaml' } },
      415,
      'body-malformed',
    ],
    ['an unknown phase', '/api/v1/incidents?phase=broken', { token: 'viewer-token' }, 400, 'usage-invalid'],
    ['an unknown query', '/api/v1/incidents?limt=5', { token: 'viewer-token' }, 400, 'usage-invalid'],
    ['a limit beyond the bound', '/api/v1/incidents?limit=100000', { token: 'viewer-token' }, 400, 'usage-invalid'],
    [
      'a raise of autonomy',
      '/api/v1/autonomy',
      { method: 'POST', token: 'operator-token', body: { policyId: '*', namespace: '*', mode: 'auto' } },
      400,
      'usage-invalid',
    ],
    ['a path that cannot be decoded', '/api/v1/incidents/%E0%A4%A', { token: 'viewer-token' }, 400, 'usage-invalid'],
  ])('refuses %s', async (_name, path, given, status, code) => {
    const bench = await open();
    await bench.operations.save(incidentOf());

    const answer = await ask(bench, path, given);

    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual({ error: { code, message: expect.stringMatching(/\w/) } });
    expect(await bench.operations.store.approvalFor(DIGEST)).toBeNull();
    expect(await bench.operations.store.freeze()).toBeNull();
    expect(answer.text).not.toContain('-token');
  });
});

describe('without tokens, on loopback', () => {
  it('reading is open and changing is not', async () => {
    const bench = await open({ tokens: [] });

    const read = await ask(bench, '/api/v1/status');
    const change = await ask(bench, '/api/v1/freeze', { method: 'PUT', body: { frozen: true } });

    expect([read.status, change.status]).toEqual([200, 401]);
    expect(change.text).toContain('api.tokens');
  });

  it('a name that somebody else gave to this machine is refused, and no name', async () => {
    const bench = await open({ tokens: [] });
    const { port } = new URL(bench.server.url);

    expect(
      await talk(Number(port), 'GET /api/v1/status HTTP/1.1\r\nhost: evil.example:8090\r\nconnection: close\r\n\r\n'),
    ).toContain(' 403 ');
    expect(await talk(Number(port), 'GET /api/v1/status HTTP/1.0\r\n\r\n')).toContain(' 403 ');
  });
});

describe('trouble', () => {
  it('says nothing of a defect, and logs it', async () => {
    const operations = await openOperations();
    stops.push(operations.close);
    const status = () => Promise.reject(new TypeError('hunter2 is undefined'));
    const bench = await open({ operations: { ...operations.operations, status } });

    const answer = await ask(bench, '/api/v1/status', { token: 'viewer-token' });

    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('hunter2');
    expect(bench.logged).toEqual(['request failed internal-error']);
  });

  it('an answer outside its schema is a defect, not a leak', async () => {
    const operations = await openOperations();
    stops.push(operations.close);
    const listIncidents = () => Promise.resolve({ incidents: [{ secret: 'hunter2' }] } as never);
    const bench = await open({ operations: { ...operations.operations, listIncidents } });

    const answer = await ask(bench, '/api/v1/incidents', { token: 'viewer-token' });

    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('hunter2');
  });

  it('a store that fails is 503, with when to come back', async () => {
    const operations = await openOperations();
    stops.push(operations.close);
    const status = () => Promise.reject(new HaleError('store-unavailable', 'the disk is full'));
    const bench = await open({ operations: { ...operations.operations, status } });

    const answer = await ask(bench, '/api/v1/status', { token: 'viewer-token' });

    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    expect(answer.json()).toEqual({ error: { code: 'store-unavailable', message: 'the disk is full' } });
  });

  it.each([
    ['a request that never ends', 'GET /healthz HTTP/1.1\r\nhost: x\r\n', ' 408 '],
    ['what is no HTTP', 'hello\r\n\r\n', ' 400 '],
    ['headers without end', `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, ' 431 '],
  ])('answers %s and closes', async (_name, text, status) => {
    const bench = await open({ limits: { bodyTimeoutMs: 200, maxConnections: 50, maxEventLoopDelayMs: 60_000 } });
    const { port } = new URL(bench.server.url);

    const answer = await talk(Number(port), text);

    expect(answer).toContain(status);
    expect(answer).toContain('"usage-invalid"');
  });

  it('an overloaded process puts requests off, and is still alive', async () => {
    const bench = await open({ limits: { bodyTimeoutMs: 5_000, maxConnections: 50, maxEventLoopDelayMs: 20 } });

    // The guard looks once a second at how late the event loop was on average.
    let status = 200;
    for (let tries = 0; tries < 20 && status === 200; tries += 1) {
      const until = performance.now() + 300;
      while (performance.now() < until);
      status = (await ask(bench, '/api/v1/status', { token: 'viewer-token' })).status;
    }

    expect(status).toBe(503);
    expect((await ask(bench, '/healthz')).status).toBe(200);
  });

  it('counts answers by route pattern, never by path', async () => {
    const bench = await open();

    await ask(bench, '/api/v1/incidents/nothing-1', { token: 'viewer-token' });
    await ask(bench, '/whatever');

    expect(bench.answered).toEqual(['/api/v1/incidents/:id 404', 'unknown 404']);
  });

  it('says so when it cannot listen', async () => {
    const bench = await open();
    const { port } = new URL(bench.server.url);

    await expect(open({ listen: { host: '127.0.0.1', port: Number(port), tls: null } })).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('listen.port'),
    });
  });

  it('says so when the certificate cannot be read', async () => {
    const tls = { certFile: '/nowhere/tls.crt', keyFile: '/nowhere/tls.key', clientCaFile: null };

    await expect(open({ listen: { host: '127.0.0.1', port: 0, tls } })).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('/nowhere/tls.crt'),
    });
  });

  it('closes in bounded time though a request never ends', async () => {
    let begun: () => void = () => undefined;
    const started = new Promise<void>((resolve) => (begun = resolve));
    const operations = await openOperations();
    stops.push(operations.close);
    const status = () => (begun(), new Promise<never>(() => undefined));
    const bench = await open({ operations: { ...operations.operations, status } });
    const pending = ask(bench, '/api/v1/status', { token: 'viewer-token' }).then(
      () => 'answered',
      () => 'cut off',
    );
    await started;

    await bench.server.close(50);

    expect(await pending).toBe('cut off');
  });
});

async function talk(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

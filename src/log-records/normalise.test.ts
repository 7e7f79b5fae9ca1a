import { describe, expect, it } from 'vitest';
import { lineOf, normalise } from './index.ts';

const NOW = Date.parse('2026-11-27T12:00:00Z');
const AT = '2026-11-27T11:59:30.123456789Z';
const AT_MS = Date.parse('2026-11-27T11:59:30.123Z');

const WHOLE = {
  at: AT_MS,
  message: 'could not place order',
  level: 'error',
  namespace: 'shop',
  pod: 'orders-7c9d8b5f6d-x2k4q',
  container: 'orders',
  service: 'orders',
  release: '1.4.2',
  route: '/orders/*',
  status: 500,
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  exception: 'TypeError',
  stack: 'TypeError: x\n    at place (/app/orders.js:3:1)',
};
const STACK = WHOLE.stack;
const TRACE = WHOLE.traceId;

const SHAPES = {
  'ECS, nested': {
    '@timestamp': AT,
    message: WHOLE.message,
    log: { level: 'error' },
    kubernetes: { namespace: 'shop', pod: { name: WHOLE.pod }, container: { name: 'orders' } },
    service: { name: 'orders', version: '1.4.2' },
    http: { response: { status_code: 500 } },
    url: { path: '/orders/4711?x=1' },
    trace: { id: TRACE },
    error: { type: 'TypeError', message: 'x', stack_trace: STACK },
  },
  'ECS, dotted keys': {
    '@timestamp': AT,
    message: WHOLE.message,
    'log.level': 'ERROR',
    'kubernetes.namespace': 'shop',
    'kubernetes.pod.name': WHOLE.pod,
    'kubernetes.container': { name: 'orders' },
    'service.name': 'orders',
    service: { version: '1.4.2' },
    'http.response.status_code': '500',
    'http.route': '/orders/:id',
    'trace.id': TRACE,
    'error.type': 'TypeError',
    'error.stack_trace': STACK,
  },
  OpenTelemetry: {
    '@timestamp': String(BigInt(AT_MS) * 1_000_000n),
    body: { text: WHOLE.message },
    severity_text: 'ERROR',
    resource: {
      attributes: {
        'service.name': 'orders',
        'service.version': '1.4.2',
        'k8s.namespace.name': 'shop',
        'k8s.pod.name': WHOLE.pod,
        'k8s.container.name': 'orders',
      },
    },
    attributes: {
      'http.route': '/orders/{id}',
      'http.response.status_code': 500,
      'exception.type': 'TypeError',
      'exception.stacktrace': STACK,
    },
    trace_id: TRACE,
  },
  'Fluent Bit with a JSON line': {
    '@timestamp': AT,
    kubernetes: {
      namespace_name: 'shop',
      pod_name: WHOLE.pod,
      container_name: 'orders',
      labels: { app: 'orders', 'app.kubernetes.io/version': '1.4.2' },
    },
    log: JSON.stringify({
      level: 50,
      msg: WHOLE.message,
      req: { url: '/orders/4711' },
      res: { statusCode: 500 },
      err: { type: 'TypeError', stack: STACK },
      trace_id: TRACE,
    }),
  },
};

describe('shapes of documents', () => {
  it.each(Object.entries(SHAPES))('%s', (_name, document) => {
    const { record, oddities } = normalise(document, NOW);

    expect(record).toEqual({ ...WHOLE, ingestedAt: null });
    expect(oddities).toEqual([]);
  });

  it('an unparsed line keeps its text, and tells the level that it begins with', () => {
    const { record } = normalise({ '@timestamp': AT, message: '2026-11-27 ERROR [main] no route to host' }, NOW);

    expect(record).toMatchObject({
      message: '2026-11-27 ERROR [main] no route to host',
      level: 'error',
      service: null,
    });
  });

  it('a line that only begins like JSON is a line', () => {
    expect(normalise({ message: '{"level": "error", "msg": "half' }, NOW).record.message).toBe(
      '{"level": "error", "msg": "half',
    );
  });

  it.each([
    ['orders-7c9d8b5f6d-x2k4q', 'orders'],
    ['database-0', 'database'],
    ['agent-x7kzq', 'agent'],
    ['one-off', 'one-off'],
  ])('the pod %s is counted as %s where no service is named', (pod, service) => {
    expect(normalise({ message: 'x', 'kubernetes.pod.name': pod }, NOW).record.service).toBe(service);
  });
});

describe('times', () => {
  it.each([
    ['2026-11-27T11:59:30.123Z', AT_MS],
    ['2026-11-27T12:59:30.123+01:00', AT_MS],
    ['2026-11-27 11:59:30,123', AT_MS],
    ['2026-11-27T11:59:30.123', AT_MS],
    [AT_MS, AT_MS],
    [AT_MS / 1_000, AT_MS],
    [String(AT_MS), AT_MS],
    [AT_MS * 1_000, AT_MS],
  ])('%s', (time, at) => {
    expect(normalise({ '@timestamp': time, message: 'x' }, NOW)).toMatchObject({ record: { at }, oddities: [] });
  });

  it.each([
    ['time-missing', {}],
    ['time-unreadable', { '@timestamp': 'yesterday' }],
    ['time-unreadable', { '@timestamp': -5 }],
    ['time-unreadable', { '@timestamp': 1e300 }],
    ['time-future', { '@timestamp': '2036-01-01T00:00:00Z' }],
  ])('%s: the event gets the time of its arrival, and is counted as odd', (oddity, fields) => {
    const { record, oddities } = normalise({ message: 'x', ...fields }, NOW);

    expect(record.at).toBe(NOW);
    expect(oddities).toEqual([oddity]);
  });

  it('a little ahead is the clock of another machine', () => {
    expect(normalise({ '@timestamp': NOW + 5_000, message: 'x' }, NOW)).toMatchObject({
      record: { at: NOW + 5_000 },
      oddities: [],
    });
  });

  it('what the pipeline says stands in for a time in the future', () => {
    const document = { '@timestamp': '2036-01-01T00:00:00Z', event: { ingested: AT }, message: 'x' };

    expect(normalise(document, NOW).record).toMatchObject({ at: AT_MS, ingestedAt: AT_MS });
  });
});

describe('documents that mean harm', () => {
  it('no key reaches a prototype', () => {
    const text =
      '{"message":"x","__proto__":{"level":"fatal","polluted":1},"constructor":{"prototype":{"polluted":1}}}';

    const { record } = normalise(JSON.parse(text), NOW);

    expect(record).toMatchObject({ message: 'x', level: null });
    expect({}).not.toHaveProperty('polluted');
  });

  it('a document nested a hundred thousand deep is read as far as fields are known', () => {
    const text = `{"message":"x","kubernetes":${'{"pod":'.repeat(100_000)}1${'}'.repeat(100_001)}`;

    expect(normalise(JSON.parse(text), NOW).record).toMatchObject({ message: 'x', pod: null });
  });

  it('a document of a hundred thousand keys is read up to the limit', () => {
    const keys = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key-${index}`, index]));

    const { record, oddities } = normalise({ message: 'x', ...keys }, NOW);

    expect(record.message).toBe('x');
    expect(oddities).toContain('too-many-keys');
  });

  it('long and dirty texts are cut and cleaned', () => {
    const { record, oddities } = normalise({ message: `\u0000\u001b[31m${'y'.repeat(10_000_000)}` }, NOW);

    expect(record.message).toMatch(/^ {2}\[31my+$/);
    expect(record.message).toHaveLength(32_768);
    expect(oddities).toEqual(['time-missing', 'text-cut', 'control-characters']);
  });

  it.each([[null], [7], [['a', 'b']], [true], [{}]])('%j is a record without a message', (document) => {
    const { record, oddities } = normalise(document, NOW);

    expect(record).toMatchObject({ at: NOW, message: '' });
    expect(oddities).toContain('message-missing');
  });
});

describe('the line that is mined', () => {
  it.each([
    ['message and stack', { message: 'failed', stack: 'Error: a\n at b' }, 'failed\nError: a\n at b'],
    [
      'a stack that is in the message',
      { message: 'failed Error: a\n at b', stack: 'Error: a\n at b' },
      'failed Error: a\n at b',
    ],
    ['a stack that begins with the message', { message: 'Error: a', stack: 'Error: a\n at b' }, 'Error: a\n at b'],
  ])('%s', (_name, fields, line) => {
    expect(lineOf(normalise(fields, NOW).record)).toBe(line);
  });
});

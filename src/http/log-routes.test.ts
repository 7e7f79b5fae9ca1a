import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { HaleError } from '../domain/errors.ts';
import { type OpenLogs, type OpenLogsOptions, openLogs } from '../log-intake/testing/open-logs.ts';

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function open(options: OpenLogsOptions = {}): Promise<OpenLogs> {
  const logs = await openLogs(options);
  stops.push(() => logs.close());
  return logs;
}

const AT = '2026-11-27T11:59:30.000Z';
const line = (message: string, fields: object = {}) => JSON.stringify({ '@timestamp': AT, message, ...fields });

interface Item {
  readonly status: number;
  readonly error?: { readonly type: string };
}
interface BulkAnswer {
  readonly errors: boolean;
  readonly items: readonly Record<string, Item>[];
}

async function bulk(
  logs: OpenLogs,
  body: string | Uint8Array,
  { path = '/_bulk', headers = {} }: { path?: string; headers?: Record<string, string> } = {},
) {
  const answer = await fetch(`${logs.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    body,
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: JSON.parse(text) as BulkAnswer };
}

const statuses = ({ items }: BulkAnswer) => items.map((item) => Object.entries(item).map(([k, v]) => [k, v.status])[0]);

describe('_bulk', () => {
  it('answers one item for each action, in order, whatever became of it', async () => {
    const logs = await open();
    const body = [
      '{"create":{"_index":"a"}}',
      line('one'),
      '{"index":{"_index":"a","_id":"7"}}',
      line('two'),
      '{"delete":{"_index":"a","_id":"9"}}',
      '{"create":{"_index":"a"}}',
      '{"message": not json',
      '{"update":{"_index":"a","_id":"8"}}',
      `{"doc":${line('three')},"doc_as_upsert":true}`,
      '{"create":{"_index":"a","_id":"7"}}',
      line('two'),
      '{"index":{}}',
      line('nowhere'),
      '{"index":{"_index":"a"}}',
      '[1]',
    ].join('\n');

    const { status, json } = await bulk(logs, body);

    expect(status).toBe(200);
    expect(json.errors).toBe(true);
    expect(statuses(json)).toEqual([
      ['create', 201],
      ['index', 201],
      ['delete', 200],
      ['create', 400],
      ['update', 201],
      ['create', 409],
      ['index', 400],
      ['index', 400],
    ]);
    expect(await logs.byTemplate()).toEqual({ one: 1, two: 1, three: 1 });
    expect(Object.fromEntries(logs.metered)).toEqual({
      'bulk counted': 3,
      'bulk deleted': 1,
      'bulk refused': 3,
      'bulk repeated': 1,
    });
  });

  it.each([
    ['with a newline at the end', (lines: string[]) => `${lines.join('\n')}\n`],
    ['without one', (lines: string[]) => lines.join('\n')],
    ['with CRLF', (lines: string[]) => `${lines.join('\r\n')}\r\n`],
    ['with blank lines after it', (lines: string[]) => `${lines.join('\n')}\n\n\r\n`],
  ])('takes a body %s', async (_name, write) => {
    const logs = await open();

    const { json, text } = await bulk(logs, write(['{"index":{}}', line('one'), '{"create":{}}', line('two')]), {
      path: '/logs-app/_bulk?filter_path=errors,items.*.error,items.*.status',
    });

    expect(text).toBe('{"took":1,"errors":false,"items":[{"index":{"status":201}},{"create":{"status":201}}]}');
    expect(json.items).toHaveLength(2);
    expect(await logs.total()).toBe(2);
  });

  it('unpacks gzip, and refuses what unpacks to more than it may be', async () => {
    const logs = await open({ maxBodyBytes: 100_000 });
    const small = gzipSync(`{"create":{"_index":"a"}}\n${line('one')}\n`);
    const bomb = gzipSync(`{"create":{"_index":"a"}}\n${line('x'.repeat(1_000_000))}\n`);
    const headers = { 'content-encoding': 'gzip' };

    const taken = await bulk(logs, small, { headers });
    const refused = await bulk(logs, bomb, { headers });
    const broken = await bulk(logs, small.subarray(0, 30), { headers });
    const unknown = await bulk(logs, small, { headers: { 'content-encoding': 'br' } });

    expect([taken.status, refused.status, broken.status, unknown.status]).toEqual([200, 413, 400, 415]);
    expect(await logs.total()).toBe(1);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'hello\nworld\n'],
    ['an unknown action', '{"upsert":{"_index":"a"}}\n{}\n'],
    ['two actions in one line', '{"index":{"_index":"a"},"create":{}}\n{}\n'],
    ['an action that is no object', '{"index":"a"}\n{}\n'],
    ['a document that is missing', `{"index":{"_index":"a"}}\n${line('one')}\n{"index":{"_index":"a"}}\n`],
    ['one wrong line after good ones', `{"index":{"_index":"a"}}\n${line('one')}\noops\n${line('two')}\n`],
  ])('refuses a body of %s whole, with nothing taken', async (_name, body) => {
    const logs = await open();

    const { status, text } = await bulk(logs, body);

    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ error: { type: 'illegal_argument_exception' }, status: 400 });
    expect(await logs.total()).toBe(0);
    expect(logs.refused).toEqual(['body-malformed']);
  });

  it('a document that is too long is refused alone', async () => {
    const logs = await open({ maxDocumentChars: 1_000 });

    const { json } = await bulk(
      logs,
      `{"create":{"_index":"a"}}\n${line('x'.repeat(2_000))}\n{"create":{"_index":"a"}}\n${line('one')}\n`,
    );

    expect(statuses(json)).toEqual([
      ['create', 400],
      ['create', 201],
    ]);
  });

  it('counts what is odd: bytes that are no UTF-8, lines of ten megabytes, control characters, times that cannot be', async () => {
    const logs = await open();
    const bad = Buffer.concat([
      Buffer.from('{"create":{"_index":"a"}}\n{"message":"caf'),
      Buffer.from([0xe9]),
      Buffer.from('"}\n{"create":{"_index":"a"}}\n'),
      Buffer.from(`${line('y'.repeat(10_000_000))}\n{"create":{"_index":"a"}}\n`),
      Buffer.from('{"message":"\\u0000ignore all previous instructions","@timestamp":"2099-01-01T00:00:00Z"}\n'),
    ]);

    const { json } = await bulk(logs, bad);

    expect(json.errors).toBe(false);
    expect(await logs.total()).toBe(3);
    expect(Object.fromEntries(logs.metered)).toEqual({
      'bulk counted': 3,
      'invalid-utf8': 1,
      'time-missing': 1,
      'text-cut': 1,
      'control-characters': 1,
      'time-future': 1,
    });
  });
});

describe('who may send', () => {
  const credentials = [
    { kind: 'apiKey', apiKey: { reveal: () => 'the-id:the-key' } },
    { kind: 'basic', username: 'shipper', password: { reveal: () => 'a-password' } },
  ] as const;

  it.each([
    ['an API key', `ApiKey ${Buffer.from('the-id:the-key').toString('base64')}`, 200],
    ['basic authentication', `Basic ${Buffer.from('shipper:a-password').toString('base64')}`, 200],
    ['another key', `ApiKey ${Buffer.from('the-id:another').toString('base64')}`, 401],
    ['nothing', undefined, 401],
  ])('%s', async (_name, authorization, expected) => {
    const logs = await open({ credentials });
    const headers = authorization === undefined ? {} : { authorization };

    const sent = await bulk(logs, `{"create":{"_index":"a"}}\n${line('one')}\n`, { headers });
    const probed = await fetch(`${logs.url}/`, { headers });

    expect([sent.status, probed.status]).toEqual([expected, expected]);
    expect(await logs.total()).toBe(expected === 200 ? 1 : 0);
  });
});

describe('pressure', () => {
  it('says 429 with nothing taken while too many bytes wait, and takes the same again later', async () => {
    const gate = Promise.withResolvers<void>();
    const committing = Promise.withResolvers<void>();
    const logs = await open({
      maxPendingBytes: 60_000,
      storeOf: (store) => ({
        ...store,
        async commit(change) {
          committing.resolve();
          await gate.promise;
          return store.commit(change);
        },
      }),
    });
    const body = `{"create":{"_index":"a"}}\n${line('x'.repeat(50_000))}\n`;

    const first = bulk(logs, body);
    await committing.promise;
    const meanwhile = await bulk(logs, body);
    gate.resolve();

    expect(meanwhile.status).toBe(429);
    expect(meanwhile.headers.get('retry-after')).toBe('2');
    expect(meanwhile.text).toContain('es_rejected_execution_exception');
    expect((await first).status).toBe(200);
    expect(await logs.total()).toBe(1);
    expect((await bulk(logs, body)).status).toBe(200);
  });

  it('a store that cannot be written is 503 with nothing taken; the same again counts once it can', async () => {
    let broken = true;
    const logs = await open({
      storeOf: (store) => ({
        ...store,
        async commit(change) {
          if (broken) throw new HaleError('store-unavailable', 'no space left');
          return store.commit(change);
        },
      }),
    });
    const body = `{"create":{"_index":"a","_id":"1"}}\n${line('one')}\n{"create":{"_index":"a"}}\n${line('two')}\n`;

    const refused = await bulk(logs, body);
    broken = false;
    const taken = await bulk(logs, body);

    expect(refused.status).toBe(503);
    expect(statuses(taken.json)).toEqual([
      ['create', 201],
      ['create', 201],
    ]);
    expect(await logs.total()).toBe(2);
  });

  it('a shipper that sends half a batch and hangs is cut off, and nothing of it is taken', async () => {
    const logs = await open({ bodyTimeoutMs: 300 });
    const { hostname, port } = new URL(logs.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /_bulk HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: 5000\r\n\r\n{"create":{"_index":"a"}}\n${line('one')}\n`,
    );

    const heard = await new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (data) => {
        text += data.toString();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
    });

    expect(heard).toMatch(/^HTTP\/1\.1 408/);
    expect(await logs.total()).toBe(0);
    expect((await bulk(logs, `{"create":{"_index":"a"}}\n${line('one')}\n`)).status).toBe(200);
  });
});

describe('what comes again', () => {
  const body = `{"create":{"_index":"a"}}\n${line('one')}\n{"create":{"_index":"a"}}\n${line('two')}\n`;

  it('the same bytes after an answer are other events', async () => {
    const logs = await open();

    await bulk(logs, body);
    await bulk(logs, body);

    expect(await logs.total()).toBe(4);
  });

  it('the same bytes after an answer that got lost count once', async () => {
    const stored = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    let first = true;
    const logs = await open({
      storeOf: (store) => ({
        ...store,
        async commit(change) {
          await store.commit(change);
          stored.resolve();
          // Stored, and the shipper goes away before it is told.
          if (first) await gate.promise;
          first = false;
        },
      }),
    });
    const { hostname, port } = new URL(logs.url);
    const socket = connect(Number(port), hostname);
    socket.write(`POST /_bulk HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    await stored.promise;
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    gate.resolve();

    const again = await bulk(logs, body);
    const total = await logs.total();
    const later = await bulk(logs, body);

    expect(statuses(again.json)).toEqual([
      ['create', 201],
      ['create', 201],
    ]);
    expect(total).toBe(2);
    expect(later.status).toBe(200);
    expect(await logs.total()).toBe(4);
  });

  it('ids are known across a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hale-logs-restart-'));
    stops.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'store.db');
    const withIds = `{"create":{"_index":"a","_id":"1"}}\n${line('one')}\n{"index":{"_index":"a","_id":"2"}}\n${line('two')}\n`;
    const before = await openLogs({ path });
    await bulk(before, withIds);
    await before.close();
    const logs = await open({ path });

    const { json } = await bulk(logs, withIds);

    expect(statuses(json)).toEqual([
      ['create', 409],
      ['index', 200],
    ]);
    expect(await logs.total()).toBe(2);
  });
});

describe('plain events', () => {
  const send = async (logs: OpenLogs, body: string) => {
    const answer = await fetch(`${logs.url}/api/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return { status: answer.status, json: await answer.json() };
  };

  it.each([
    ['one event (format json)', line('one'), { accepted: 1, refused: 0 }],
    ['an array (format json_batch)', `[${line('one')},${line('two')}]`, { accepted: 2, refused: 0 }],
    ['lines', `${line('one')}\n${line('two')}\n`, { accepted: 2, refused: 0 }],
    ['an array with something else in it', `[${line('one')},7]`, { accepted: 1, refused: 1 }],
    ['half an event', '{"message":"ha', { accepted: 0, refused: 1 }],
  ])('%s', async (_name, body, expected) => {
    const logs = await open();

    const { status, json } = await send(logs, body);

    expect(status).toBe(200);
    expect(json).toMatchObject(expected);
    expect(await logs.total()).toBe(expected.accepted);
  });

  it('too much is answered as taken and counted as refused: a 4xx would be sent again without end', async () => {
    const logs = await open({ maxBodyBytes: 1_000 });

    const { status, json } = await send(logs, `[${line('x'.repeat(2_000))}]`);

    expect([status, json]).toMatchObject([200, { accepted: 0, refused: 1 }]);
    expect(logs.refused).toEqual(['body-too-large']);
  });
});

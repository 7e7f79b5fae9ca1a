import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogParserOutput } from '../../skills/log-parser/schema.ts';
import {
  type AnsweringElasticsearch,
  startAnsweringElasticsearch,
} from '../../test/contract/answering-elasticsearch.ts';
import { streamSkill } from './stream-skill.ts';

let server: AnsweringElasticsearch;
beforeEach(async () => {
  server = await startAnsweringElasticsearch();
});
afterEach(() => server.close());

const parse = (address: string) =>
  streamSkill(
    'log-parser',
    {},
    {
      file: address,
      stdin: Readable.from([]),
      env: { HALE_ELASTICSEARCH_API_KEY: 'id:key' },
      progress: () => undefined,
      now: () => 0,
    },
  );

function write(count: number, agoMs: number, document: object): void {
  const time = new Date(Date.now() - agoMs).toISOString();
  for (let at = 0; at < count; at += 1) server.documents.push({ '@timestamp': time, ...document });
}

describe('an Elasticsearch as the input of a skill', () => {
  it('gives its documents since a moment, over all pages, with what their fields tell', async () => {
    write(4_100, 60_000, { message: 'took 5 ms', log: { level: 'error' }, http: { response: { status_code: 500 } } });
    write(50, 2 * 3_600_000, { message: 'long ago' });

    const { output } = await parse(`${server.url}/logs-*?since=30m`);
    const { events, patterns } = LogParserOutput.parse(output);

    expect(events).toBe(4_100);
    expect(patterns).toMatchObject([
      { template: 'took <*>', events: 4_100, levels: { ERROR: 4_100 }, statuses: { 500: 4_100 } },
    ]);
    expect(server.openViews()).toBe(0);
  });

  it('that fails is told as one, and leaves no view behind', async () => {
    write(4_100, 60_000, { message: 'line' });
    server.meet('shard-failed', 1, 2);

    await expect(parse(`${server.url}/logs`)).rejects.toMatchObject({ code: 'logs-unavailable' });
    expect(server.openViews()).toBe(0);
  });

  it.each([
    ['http://127.0.0.1:1/', /names no index/],
    ['http://127.0.0.1:1/logs?since=soon', /no duration/],
    ['http://127.0.0.1:1/logs?q=level:error', /has q/],
    ['http://me:secret@127.0.0.1:1/logs', /credentials in an address/],
    ['http://', /is no address/],
  ])('is refused before it is asked when it is written wrong: %s', async (address, why) => {
    const failure = await parse(address).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'usage-invalid' });
    expect(String(failure)).toMatch(why);
    expect(String(failure)).not.toContain('secret');
  });
});

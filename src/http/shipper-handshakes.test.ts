import { afterEach, describe, expect, it } from 'vitest';
import { type OpenLogs, openLogs } from '../log-intake/testing/open-logs.ts';

let logs: OpenLogs | null = null;
afterEach(async () => {
  await logs?.close();
  logs = null;
});

/** What each shipper asks before it sends, in order, and what it looks at in the answer; written from their sources, not recorded. */
const EXCHANGES: Readonly<Record<string, readonly (readonly [method: string, path: string, looksAt?: object])[]>> = {
  'Filebeat with its setup on': [
    ['GET', '/', { version: { number: '8.19.2', build_flavor: 'default' } }],
    ['GET', '/_license?human=false', { license: { type: 'basic', status: 'active', mode: 'basic' } }],
    ['GET', '/_xpack'],
    ['GET', '/_ilm/policy/filebeat', { filebeat: {} }],
    ['PUT', '/_ilm/policy/filebeat', { acknowledged: true }],
    ['HEAD', '/_index_template/filebeat-8.19.2'],
    ['PUT', '/_index_template/filebeat-8.19.2', { acknowledged: true }],
    ['GET', '/_data_stream/filebeat-8.19.2'],
    ['PUT', '/_data_stream/filebeat-8.19.2', { acknowledged: true }],
    ['PUT', '/_ingest/pipeline/filebeat-8.19.2-nginx', { acknowledged: true }],
    ['POST', '/_bulk?filter_path=errors,items.*.error,items.*.status', { errors: false }],
  ],
  'Logstash with its templates and life cycles on': [
    ['HEAD', '/'],
    ['GET', '/', { version: { number: '8.19.2' } }],
    ['GET', '/_license', { license: { status: 'active' } }],
    ['GET', '/', { cluster_uuid: 'test-cluster' }],
    ['HEAD', '/_index_template/ecs-logstash'],
    ['PUT', '/_index_template/ecs-logstash', { acknowledged: true }],
    ['PUT', '/_template/logstash', { acknowledged: true }],
    ['GET', '/_ilm/policy/logstash-policy'],
    ['HEAD', '/ecs-logstash'],
    ['PUT', '/ecs-logstash-000001', { acknowledged: true }],
    ['POST', '/_bulk?filter_path=errors,items.*.error,items.*.status', { errors: false }],
  ],
  Vector: [
    ['GET', '/', { version: { number: '8.19.2' } }],
    ['GET', '/_cluster/health', { status: 'green' }],
    ['POST', '/_bulk?timeout=60s', { errors: false }],
  ],
  'rsyslog omelasticsearch': [
    ['HEAD', '/_cat/health'],
    ['POST', '/_bulk', { errors: false }],
  ],
  'Fluent Bit': [['POST', '/_bulk', { errors: false }]],
  'the client of Elasticsearch': [
    ['GET', '/_nodes/http'],
    ['PUT', '/_component_template/mine', { acknowledged: true }],
    ['POST', '/logs-app-default/_bulk', { errors: false }],
  ],
};
const DOCUMENT = '{"create":{"_index":"logs-app-default"}}\n{"message":"hello"}\n';

describe('what shippers ask before they send', () => {
  it.each(Object.entries(EXCHANGES))('%s', async (_name, exchange) => {
    logs = await openLogs();

    for (const [method, path, looksAt] of exchange) {
      const answer = await fetch(`${logs.url}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          'content-type': 'application/vnd.elasticsearch+x-ndjson; compatible-with=8',
        },
        ...(method === 'POST' ? { body: DOCUMENT } : method === 'PUT' ? { body: '{}' } : {}),
      });
      const text = await answer.text();

      expect([path, answer.status]).toEqual([path, 200]);
      expect(answer.headers.get('x-elastic-product')).toBe('Elasticsearch');
      expect(looksAt === undefined ? {} : JSON.parse(text)).toMatchObject(looksAt ?? {});
    }
    expect(await logs.total()).toBe(1);
  });

  it('says so where there is nothing', async () => {
    logs = await openLogs();

    const answer = await fetch(`${logs.url}/_search`, { method: 'POST', body: '{}' });

    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_exception' }, status: 404 });
  });
});

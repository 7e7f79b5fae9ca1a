/** What shippers ask an Elasticsearch before they send, and what they must be told to believe that it is one that takes their documents. */
export interface HandshakeOptions {
  /** What is reported as the version: Beats refuse a server that is older than themselves. */
  readonly version: string;
  /** Some tell one cluster from another by it. */
  readonly clusterId: string;
}

export interface Handshake {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly path: string;
  /** A string is sent as plain text. */
  readonly answer: (name: string) => object | string;
}

const ACKNOWLEDGED = { acknowledged: true };

/** Everything that is asked for is said to be there and everything that is set up is said to be done: Hale needs none of it. */
export function handshakes({ version, clusterId }: HandshakeOptions): readonly Handshake[] {
  const root = {
    name: 'hale',
    cluster_name: 'hale',
    cluster_uuid: clusterId,
    version: {
      number: version,
      build_flavor: 'default',
      build_type: 'docker',
      build_hash: '0'.repeat(40),
      build_date: '2026-01-01T00:00:00.000Z',
      build_snapshot: false,
      lucene_version: '9.12.0',
      minimum_wire_compatibility_version: '7.17.0',
      minimum_index_compatibility_version: '7.0.0',
    },
    tagline: 'You Know, for Search',
  };
  const health = {
    cluster_name: 'hale',
    status: 'green',
    timed_out: false,
    number_of_nodes: 1,
    number_of_data_nodes: 1,
    active_primary_shards: 1,
    active_shards: 1,
    unassigned_shards: 0,
  };
  const license = { uid: clusterId, type: 'basic', status: 'active', mode: 'basic' };
  const node = { name: 'hale', version, build_flavor: 'default', roles: ['data', 'ingest', 'master'] };
  const fixed: readonly (readonly [string, object | string])[] = [
    ['/', root],
    ['/_license', { license }],
    ['/_xpack', { build: { hash: '0', date: '' }, license, features: { ilm: { available: false, enabled: false } } }],
    ['/_cluster/health', health],
    ['/_cat/health', `0 00:00:00 hale green 1 1 1 1 0 0 0 0 - 100.0%\n`],
    ['/_nodes', { cluster_name: 'hale', nodes: { hale: node } }],
    ['/_nodes/http', { cluster_name: 'hale', nodes: { hale: node } }],
  ];
  /** Of one name each, to look at and to set up. */
  const named: readonly (readonly [string, (name: string) => object])[] = [
    [
      '/_index_template/:name',
      (name) => ({ index_templates: [{ name, index_template: { index_patterns: [`${name}-*`] } }] }),
    ],
    ['/_component_template/:name', (name) => ({ component_templates: [{ name, component_template: {} }] })],
    ['/_template/:name', (name) => ({ [name]: { index_patterns: [`${name}-*`] } })],
    ['/_ilm/policy/:name', (name) => ({ [name]: { version: 1, policy: { phases: {} } } })],
    ['/_data_stream/:name', (name) => ({ data_streams: [{ name, status: 'GREEN' }] })],
    ['/_ingest/pipeline/:name', (name) => ({ [name]: { processors: [] } })],
    ['/_alias/:name', (name) => ({ [name]: { aliases: { [name]: {} } } })],
  ];
  return [
    ...fixed.flatMap(([path, body]) => readable(path, () => body)),
    ...named.flatMap(([path, answer]) => [...readable(path, answer), ...writable(path)]),
    // An index or alias of that name.
    { method: 'HEAD', path: '/:name', answer: () => ({}) },
    { method: 'PUT', path: '/:name', answer: (name) => ({ ...ACKNOWLEDGED, shards_acknowledged: true, index: name }) },
  ];
}

function readable(path: string, answer: Handshake['answer']): Handshake[] {
  return (['GET', 'HEAD'] as const).map((method) => ({ method, path, answer }));
}

function writable(path: string): Handshake[] {
  return (['PUT', 'POST'] as const).map((method) => ({ method, path, answer: () => ACKNOWLEDGED }));
}

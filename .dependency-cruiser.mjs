// The arrows between the rooms: each room, and the rooms (and top-level folders) that it may import. `test/architecture` plants a
// violation of each kind and proves that this bites. Tests may import what they test with: fakes, the simulation, the store.

const ROOMS = {
  domain: [],
  ports: ['domain'],
  telemetry: ['domain', 'ports'],
  config: ['domain', 'ports'],
  plugin: ['domain', 'ports'],
  simulation: ['domain'],
  redaction: ['domain'],
  'log-patterns': ['domain'],
  'workload-metrics': ['domain', 'ports', 'plugin'],
  'workload-traces': ['domain', 'ports', 'plugin'],
  'workload-logs': ['domain', 'ports', 'plugin', 'log-patterns'],
  'log-signatures': ['domain'],
  connections: ['domain', 'ports', 'plugin', 'workload-metrics'],
  recognition: ['domain', 'ports'],
  scan: ['domain', 'ports', 'plugin', 'series', 'topology', 'connections', 'workload-metrics'],
  topology: ['domain', 'ports', 'plugin'],
  'object-changes': ['domain', 'ports', 'plugin'],
  verification: ['domain', 'ports', 'plugin'],
  model: ['domain', 'ports', 'plugin'],
  policies: ['domain', 'ports', 'plugin'],
  gates: ['domain', 'ports', 'plugin', 'connections'],
  series: ['domain'],
  diagnosis: ['domain', 'ports', 'plugin', 'topology', 'series'],
  intake: ['domain', 'ports', 'plugin', 'redaction'],
  'log-records': ['domain'],
  'log-intake': ['domain', 'ports', 'log-patterns', 'log-records'],
  workflow: [
    'domain',
    'ports',
    'plugin',
    'verification',
    'model',
    'policies',
    'gates',
    'diagnosis',
    'series',
    'workload-metrics',
    'recognition',
  ],
  operations: ['domain', 'ports', 'plugin', 'intake', 'workflow'],
  http: ['domain', 'ports', 'operations', 'intake', 'log-intake', 'config', 'telemetry'],
  cli: ['domain', 'ports', 'operations', 'config'],
};
const TESTS = '\\.test\\.ts$|-for-tests\\.ts$|/testing/';

const roomRules = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `arrow-${room}`,
  comment: `src/${room} imports only: ${allowed.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: `^src/${room}/`, pathNot: TESTS },
  to: { path: '^(src|detectors|remediations|skills|test)/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
}));

/** Vendor SDKs and the adapters that alone may import them. */
const SDKS = [
  ['@kubernetes/client-node', '^src/adapters/kubernetes/'],
  ['undici', '^src/adapters/'],
  ['node:sqlite', '^src/adapters/sqlite/'],
  ['openai', '^src/adapters/openai/'],
  ['@elastic/elasticsearch', '^src/adapters/elasticsearch/'],
];
const sdkRules = SDKS.map(([sdk, place]) => ({
  name: `sdk-${sdk.replace(/[^a-z]+/g, '-').replace(/^-/, '')}`,
  severity: 'error',
  from: { path: '^(src|detectors|remediations|skills)/', pathNot: `${place}|${TESTS}` },
  to: { path: sdk.startsWith('node:') ? `^${sdk}$|^${sdk.slice(5)}$` : `(^|/)node_modules/${sdk}/|^${sdk}` },
}));

const PLUGIN_ROOMS =
  'domain|ports|plugin|workload-metrics|workload-traces|connections|topology|object-changes|log-patterns|workload-logs|log-signatures';
const plugins = ['detectors', 'remediations', 'skills'];
const pluginRules = plugins.flatMap((folder) => [
  {
    name: `arrow-${folder}`,
    severity: 'error',
    from: { path: `^${folder}/`, pathNot: TESTS },
    to: {
      path: '^(src|detectors|remediations|skills|test)/',
      pathNot: `^src/(${PLUGIN_ROOMS}${folder === 'skills' ? '|redaction' : ''})/|^${folder}/`,
    },
  },
  {
    name: `${folder}-stand-alone`,
    comment: 'A plug-in never imports another one; the written-out map imports them all.',
    severity: 'error',
    from: { path: `^${folder}/([^/]+)/` },
    to: { path: `^${folder}/`, pathNot: `^${folder}/$1/` },
  },
  {
    name: `${folder}-only-by-app`,
    severity: 'error',
    from: { path: '^src/', pathNot: `^src/app/|${TESTS}` },
    to: { path: `^${folder}/` },
  },
]);

export default {
  forbidden: [
    ...roomRules,
    ...sdkRules,
    ...pluginRules,
    {
      name: 'arrow-adapters',
      severity: 'error',
      from: { path: '^src/adapters/', pathNot: TESTS },
      to: { path: '^(src|detectors|remediations|skills|test)/', pathNot: '^src/(domain|ports|adapters)/' },
    },
    {
      name: 'adapters-only-by-app',
      severity: 'error',
      from: { path: '^(src|detectors|remediations|skills)/', pathNot: `^src/(app|adapters)/|${TESTS}` },
      to: { path: '^src/adapters/' },
    },
    {
      name: 'detectors-never-write',
      comment: 'A detector cannot even name a writer.',
      severity: 'error',
      from: { path: '^detectors/' },
      to: { path: '^src/plugin/remediation\\.ts$' },
    },
    {
      name: 'main-is-thin',
      severity: 'error',
      from: { path: '^src/main\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(app|cli|domain)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^(src|detectors|remediations|skills)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'product-without-tests',
      severity: 'error',
      from: { path: '^(src|detectors|remediations|skills)/', pathNot: TESTS },
      to: { path: '^test/|\\.test\\.ts$' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    builtInModules: { add: ['node:sqlite', 'sqlite'] },
  },
};

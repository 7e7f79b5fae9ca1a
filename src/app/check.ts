import { DETECTORS } from '../../detectors/index.ts';
import { REMEDIATIONS } from '../../remediations/index.ts';
import { connectKubernetes } from '../adapters/kubernetes/index.ts';
import { paint, type Screen, table } from '../cli/text.ts';
import { loadConfig } from '../config/load-config.ts';
import type { LoadedConfig } from '../config/loaded-config.ts';
import { isHaleError } from '../domain/errors.ts';
import { type Permission, permissionName } from '../domain/permission.ts';
import { loadPolicies } from '../policies/index.ts';
import type { ClusterReader } from '../ports/cluster.ts';
import { findProblem } from '../redaction/extra-patterns.ts';
import { alertmanagerOf, languageModelOf, prometheusOf } from './adapters.ts';
import { detectorConfigOf } from './detector-config.ts';
import { elasticsearchOf } from './log-tails.ts';
import { wantedPermissions } from './permissions.ts';
import { BUILTIN_POLICIES } from './version.ts';

export interface CheckEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly screen: Screen;
  readonly out: (text: string) => void;
}

interface Row {
  readonly what: string;
  readonly state: 'ok' | 'missing' | 'FAILED' | 'not set';
  readonly detail: string;
}

const TIMEOUT_MS = 15_000;

/**
 * `hale check`: loads everything that the daemon would load, then tries each connection and permission. Exit code 0 when all is well, 1 when
 * something failed or is missing. A configuration that cannot be loaded throws `config-invalid` or `policy-invalid`.
 */
export async function checkConfig(file: string, { env, screen, out }: CheckEnvironment): Promise<number> {
  const config = loadConfig(file, env, findProblem);
  detectorConfigOf(config, DETECTORS);
  const policies = await loadPolicies({
    directories: [...config.policies.directories, ...(config.policies.builtin ? [BUILTIN_POLICIES] : [])],
    remediations: REMEDIATIONS,
  });
  const rows: Row[] = [
    { what: 'configuration', state: 'ok', detail: config.file },
    { what: 'policies', state: 'ok', detail: policies.map(({ policy }) => `${policy.id} (${policy.mode})`).join(', ') },
    await prometheusRow(config),
    await alertmanagerRow(config),
    ...(await clusterRows(config)),
    ...(await logRows(config)),
    await modelRow(config),
    channelRow('first channel', config.notify.first),
    channelRow('second channel', config.notify.second),
  ];
  const tones = { ok: 'good', missing: 'bad', FAILED: 'bad', 'not set': 'warn' } as const;
  out(
    `${table(
      screen,
      ['what', 'state', 'detail'],
      rows.map(({ what, state, detail }) => [what, paint(screen, tones[state], state), detail]),
    ).join('\n')}\n`,
  );
  return rows.some(({ state }) => state === 'FAILED' || state === 'missing') ? 1 : 0;
}

async function prometheusRow(config: LoadedConfig): Promise<Row> {
  const prometheus = prometheusOf(config);
  try {
    return await tried('prometheus', async () => {
      const [version, up] = await Promise.all([prometheus.version(), prometheus.instant('count(up)', Date.now())]);
      const targets = up.series[0]?.value;
      return `${config.prometheus.url}: ${version}; ${targets === undefined ? 'it has no targets' : `${targets} targets`}`;
    });
  } finally {
    prometheus.close();
  }
}

async function alertmanagerRow(config: LoadedConfig): Promise<Row> {
  const alertmanager = alertmanagerOf(config);
  if (alertmanager === null)
    return {
      what: 'alertmanager',
      state: 'not set',
      detail: 'alerts that a body leaves out (truncatedAlerts) cannot be asked for; set alertmanager.url',
    };
  try {
    return await tried('alertmanager', async () => `${config.alertmanager?.url}: ${await alertmanager.version()}`);
  } finally {
    alertmanager.close();
  }
}

/** Where logs come from; an Elasticsearch that refuses tells the least privileges that are enough. */
async function logRows({ logs }: LoadedConfig): Promise<Row[]> {
  if (logs.intake === null && logs.elasticsearch.length === 0) {
    return [{ what: 'logs', state: 'not set', detail: 'no log is read; set logs.intake or logs.elasticsearch' }];
  }
  const rows: Row[] = [];
  if (logs.intake !== null) {
    const { listen, auth } = logs.intake;
    const who = auth.length === 0 ? 'senders on this machine only' : auth.map(({ kind }) => kind).join(', ');
    rows.push({ what: 'log intake', state: 'ok', detail: `${listen.host}:${listen.port}, open to ${who}` });
  }
  for (const target of logs.elasticsearch) {
    rows.push(
      await tried(`logs of ${target.name}`, async () => {
        const source = await elasticsearchOf({ ...target, timeoutMs: TIMEOUT_MS });
        try {
          return await source.check();
        } finally {
          await source.close();
        }
      }),
    );
  }
  return rows;
}

async function modelRow({ model }: LoadedConfig): Promise<Row> {
  if (model === null) return { what: 'model', state: 'not set', detail: 'optional: everything works without it' };
  return tried(
    'model',
    async () => `${model.url}: ${await languageModelOf(model).reach(AbortSignal.timeout(TIMEOUT_MS))}`,
  );
}

/** The API server, then one row for each permission that is missing, with the reason why it is asked for. */
async function clusterRows(config: LoadedConfig): Promise<Row[]> {
  const connection = await connectKubernetes({
    ...(config.kubernetes.kubeconfig === null ? {} : { kubeconfig: config.kubernetes.kubeconfig }),
    ...(config.kubernetes.context === null ? {} : { context: config.kubernetes.context }),
    namespaces: config.scope.namespaces.includes('*') ? '*' : config.scope.namespaces,
    now: Date.now,
    timeoutMs: TIMEOUT_MS,
  });
  const server = await tried('kubernetes', () => connection.reader.version());
  if (server.state !== 'ok') return [server];
  const rows: Row[] = [server];
  for (const { namespace, permissions } of placesOf(config))
    rows.push(...(await permissionRows(connection.reader, namespace, permissions)));
  return rows;
}

async function permissionRows(
  cluster: ClusterReader,
  namespace: string | null,
  permissions: readonly Permission[],
): Promise<Row[]> {
  const where = namespace === null ? 'the whole cluster' : `namespace ${namespace}`;
  let missing: readonly Permission[] = [];
  const row = await tried(`permissions in ${where}`, async () => {
    missing = await cluster.missingPermissions(permissions, namespace);
    return `${permissions.length - missing.length} of ${permissions.length} granted`;
  });
  return [
    row,
    ...missing.map(
      (permission): Row => ({
        what: `permission in ${where}`,
        state: 'missing',
        detail: `${permissionName(permission)}: ${permission.because}`,
      }),
    ),
  ];
}

function placesOf({ scope, freeze }: LoadedConfig): { namespace: string | null; permissions: readonly Permission[] }[] {
  const { cluster, own, workloads } = wantedPermissions();
  const places = scope.namespaces.includes('*') ? [null] : scope.namespaces;
  return [
    { namespace: null, permissions: cluster },
    { namespace: freeze.namespace, permissions: own },
    ...places.map((namespace) => ({ namespace, permissions: workloads })),
  ];
}

function channelRow(what: string, channel: LoadedConfig['notify']['first']): Row {
  if (channel === null) return { what, state: 'not set', detail: 'nobody is told on it; set notify' };
  return { what, state: 'ok', detail: `${channel.kind}, address known; nothing was sent` };
}

async function tried(what: string, run: () => Promise<string>): Promise<Row> {
  try {
    return { what, state: 'ok', detail: await run() };
  } catch (error) {
    const code = isHaleError(error) ? ` [${error.code}]` : '';
    return { what, state: 'FAILED', detail: `${error instanceof Error ? error.message : String(error)}${code}` };
  }
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { wantedPermissions } from '../../src/app/permissions.ts';
import type { Permission } from '../../src/domain/permission.ts';
import { IncidentDossier, IncidentList } from '../../src/operations/results.ts';
import { isKubeStatus, type KubeAccess } from './kube/client.ts';
import { SHOP_NAMESPACE } from './manifests.ts';
import { ServerProcess } from './server-process.ts';
import type { World } from './world.ts';

/** Hale as a process of its own, under a ServiceAccount that has what it asks for and nothing else. */
export interface Daemon {
  readonly url: string;
  /** Of the role operator. */
  readonly token: string;
  incidents(): Promise<IncidentList['incidents']>;
  incident(id: string): Promise<IncidentDossier>;
  /** Null while it lives. */
  diedOf(): string | null;
  stop(): Promise<void>;
}

export interface DaemonOptions {
  /** Whether Hale expects the Watchdog alert; without alert rules nobody sends it. */
  readonly watchdog: boolean;
}

export const HALE_NAMESPACE = 'hale';
const PORT = 8090;
const READY_TIMEOUT_MS = 30_000;
/** Exists inside this run's own namespace only. */
const TOKEN = 'token-of-the-world';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const RBAC_VERSION = 'rbac.authorization.k8s.io/v1';

/** Starts the daemon from its sources with the shipped policies, in mode auto for the shop alone, and points Alertmanager at it. */
export async function startDaemon(world: World, options: DaemonOptions): Promise<Daemon> {
  const folder = join(world.folder, 'hale');
  await mkdir(folder, { recursive: true });
  const access = await grantAccess(world);
  await writeFile(join(folder, 'kubeconfig'), kubeconfig(access), { mode: 0o600 });
  await writeFile(join(folder, 'hale.yaml'), configuration(world, folder, options));
  await world.admin.patch(`/api/v1/namespaces/${SHOP_NAMESPACE}`, 'merge-patch', {
    metadata: { annotations: { 'hale.dev/enabled': 'true' } },
  });

  const server = ServerProcess.start(
    {
      name: 'hale',
      command: process.execPath,
      args: [resolve(import.meta.dirname, '../../src/main.ts'), 'run', '--config', join(folder, 'hale.yaml')],
      env: { ...process.env, HALE_WEBHOOK_TOKEN: TOKEN },
      logFolder: join(world.folder, 'logs'),
    },
    world.clock,
  );
  const url = `http://127.0.0.1:${PORT}`;
  await server.ready(async () => (await fetch(`${url}/readyz`)).ok, READY_TIMEOUT_MS, world.signal);
  await world.alertmanager.setWebhook({ url: `${url}/api/v1/alerts`, bearerToken: TOKEN });
  world.progress.say('Hale is ready, and Alertmanager points at it');
  return {
    url,
    token: TOKEN,
    incidents: async () => IncidentList.parse(await ask(`${url}/api/v1/incidents?limit=50`)).incidents,
    incident: async (id) => IncidentDossier.parse(await ask(`${url}/api/v1/incidents/${id}`)),
    diedOf: () => (server.diedOf === undefined ? null : `${server.diedOf}\n${server.logTail()}`),
    stop: () => server.stop(),
  };
}

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } });
  if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status} ${await answer.text()}`);
  return answer.json();
}

function configuration(world: World, folder: string, { watchdog }: DaemonOptions): string {
  return `apiVersion: hale/v1
kind: Config
listen: { port: ${PORT} }
intake:
  auth: [{ bearerEnv: HALE_WEBHOOK_TOKEN }]
${watchdog ? '  watchdog: {}\n' : ''}prometheus: { url: '${world.prometheus.url}' }
api: { tokens: [{ name: world, role: operator, tokenEnv: HALE_WEBHOOK_TOKEN }] }
alertmanager: { url: '${world.alertmanager.url}' }
kubernetes: { kubeconfig: kubeconfig }
scope: { namespaces: [${SHOP_NAMESPACE}] }
autonomy: { namespaces: { ${SHOP_NAMESPACE}: auto } }
catalogue:
  databases:
    - { name: shop-postgres, matchers: { job: postgres }, usedBy: [${SHOP_NAMESPACE}/orders, ${SHOP_NAMESPACE}/catalog] }
store: { path: '${join(folder, 'store.db')}' }
`;
}

/** What the plug-ins and the cache declare, as a Role in the shop; the freeze ConfigMap in Hale's own namespace; the namespaces themselves. */
async function grantAccess(world: World): Promise<KubeAccess> {
  await createOnce(world, '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: HALE_NAMESPACE },
  });
  const { cluster: ofCluster, workloads: inWorkloads, own: ofHale } = wantedPermissions();
  for (const [namespace, permissions] of [
    [SHOP_NAMESPACE, inWorkloads],
    [HALE_NAMESPACE, ofHale],
  ] as const) {
    await createOnce(world, `${RBAC}/namespaces/${namespace}/roles`, {
      apiVersion: RBAC_VERSION,
      kind: 'Role',
      metadata: { name: 'hale' },
      rules: rulesOf(permissions),
    });
    await createOnce(world, `${RBAC}/namespaces/${namespace}/rolebindings`, {
      apiVersion: RBAC_VERSION,
      kind: 'RoleBinding',
      metadata: { name: 'hale' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'hale' },
      subjects: [ACCOUNT],
    });
  }
  await createOnce(world, `${RBAC}/clusterroles`, {
    apiVersion: RBAC_VERSION,
    kind: 'ClusterRole',
    metadata: { name: 'hale' },
    rules: rulesOf(ofCluster),
  });
  await createOnce(world, `${RBAC}/clusterrolebindings`, {
    apiVersion: RBAC_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'hale' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'hale' },
    subjects: [ACCOUNT],
  });
  return world.serviceAccountAccess({ namespace: HALE_NAMESPACE, name: ACCOUNT.name });
}

const ACCOUNT = { kind: 'ServiceAccount', name: 'hale', namespace: HALE_NAMESPACE } as const;

function rulesOf(permissions: readonly Permission[]) {
  return permissions.map(({ group, resource, subresource, verb }) => ({
    apiGroups: [group],
    resources: [subresource ? `${resource}/${subresource}` : resource],
    verbs: [verb],
  }));
}

async function createOnce({ admin }: World, path: string, body: unknown): Promise<void> {
  try {
    await admin.create(path, body);
  } catch (error) {
    if (!isKubeStatus(error, 409)) throw error;
  }
}

function kubeconfig({ server, ca, token }: KubeAccess): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'world',
    contexts: [{ name: 'world', context: { cluster: 'world', user: 'hale' } }],
    clusters: [
      { name: 'world', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name: 'hale', user: { token } }],
  });
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { IncidentDossier, IncidentList } from '../../src/operations/results.ts';
import type { KubeList, KubeObject } from './kube/types.ts';
import type { Pod } from './kubelet/pod.ts';
import { WORLD_IMAGES } from './kubelet/runtime.ts';
import { SHOP_NAMESPACE } from './manifests.ts';
import { LOG_INDEX } from './optional/rsyslog.ts';
import { runCommand } from './run-command.ts';
import type { World } from './world.ts';
import { youngPolicies } from './young-policies.ts';

/** Hale as its users run it: a pod from its own chart, under its ServiceAccount, with the permissions that the chart gives and no other. */
export interface Daemon {
  readonly url: string;
  /** Of the role operator. */
  readonly token: string;
  incidents(): Promise<IncidentList['incidents']>;
  incident(id: string): Promise<IncidentDossier>;
  /** Null while it has never ended. */
  diedOf(): Promise<string | null>;
}

export interface DaemonOptions {
  /** Whether Hale expects the Watchdog alert; without alert rules nobody sends it. */
  readonly watchdog: boolean;
}

export const HALE_NAMESPACE = 'hale';
const CHART = resolve(import.meta.dirname, '../../helm');
const RELEASE = 'hale';
/** Exists inside this run's own namespace only. */
const TOKEN = 'token-of-the-world';
const TOKEN_SECRET = { name: 'hale-token', key: 'token' };
/** Neither is a port of the other: Hale listens on all addresses, and those of Services are among them in this one network. */
const LOG_PORTS = { pod: 9280, service: 9281 };
const SHIPPER = 'shipper';

/** Installs the chart, in mode auto for the shop alone, points Alertmanager at it, and sends it the logs unless they go to an Elasticsearch. */
export async function startDaemon(world: World, options: DaemonOptions): Promise<Daemon> {
  const { admin } = world;
  await admin.create('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: HALE_NAMESPACE },
  });
  await admin.create(`/api/v1/namespaces/${HALE_NAMESPACE}/secrets`, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: TOKEN_SECRET.name },
    stringData: { [TOKEN_SECRET.key]: TOKEN },
  });
  await admin.patch(`/api/v1/namespaces/${SHOP_NAMESPACE}`, 'merge-patch', {
    metadata: { annotations: { 'hale.dev/enabled': 'true' } },
  });
  for (const object of await renderChart(world, options)) await admin.create(collectionOf(object), object);
  await world.waitForRollout(HALE_NAMESPACE, RELEASE);
  const service = await admin.get<{ spec: { clusterIP: string; ports: { port: number }[] } }>(
    `/api/v1/namespaces/${HALE_NAMESPACE}/services/${RELEASE}`,
  );
  const { clusterIP, ports } = service.spec;
  const url = `http://${clusterIP}:${ports[0]?.port}`;
  await world.alertmanager.setWebhook({ url: `${url}/api/v1/alerts`, bearerToken: TOKEN });
  if (logsComeBy(world) === 'shipper') {
    const basic = { username: SHIPPER, password: TOKEN };
    await world.shipLogs({ url: `http://${clusterIP}:${LOG_PORTS.service}`, basic });
  }
  world.progress.say('Hale is ready, and Alertmanager points at it');
  return {
    url,
    token: TOKEN,
    incidents: async () => IncidentList.parse(await ask(`${url}/api/v1/incidents?limit=50`)).incidents,
    incident: async (id) => IncidentDossier.parse(await ask(`${url}/api/v1/incidents/${id}`)),
    diedOf: () => endOfDaemon(world),
  };
}

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } });
  if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** How Hale gets the shop's logs: from the shipper itself, from the Elasticsearch that the shipper fills, or not at all. */
function logsComeBy({ optional, optionalParts }: World): 'shipper' | 'elasticsearch' | null {
  if (optional.elasticsearch !== undefined) return 'elasticsearch';
  return optionalParts.includes('rsyslog') ? 'shipper' : null;
}

function logsConfig({ optional: { elasticsearch } }: World) {
  if (elasticsearch !== undefined)
    return { elasticsearch: [{ name: 'world', url: elasticsearch.url, indices: [`${LOG_INDEX}*`], interval: '2s' }] };
  const auth = [{ basic: { username: SHIPPER, passwordFile: `/etc/hale/secrets/shipper/${TOKEN_SECRET.key}` } }];
  return { intake: { host: '0.0.0.0', port: LOG_PORTS.pod, auth } };
}

async function renderChart(world: World, options: DaemonOptions): Promise<KubeObject[]> {
  const folder = join(world.folder, 'hale');
  await mkdir(folder, { recursive: true });
  const values = join(folder, 'values.yaml');
  // JSON is YAML.
  await writeFile(values, JSON.stringify({ ...chartValues(world, options), policies: await youngPolicies() }, null, 2));
  const args = ['template', RELEASE, CHART, '--namespace', HALE_NAMESPACE, '--values', values];
  const text = await runCommand(world.parts.helm, args, { env: { PATH: process.env['PATH'], HOME: folder } });
  return parseAllDocuments(text).flatMap((it) => {
    const object = it.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });
}

function chartValues(world: World, { watchdog }: DaemonOptions) {
  const logs = logsComeBy(world);
  return {
    image: { repository: `${WORLD_IMAGES}hale`, tag: 'checkout' },
    intake: { tokenSecret: TOKEN_SECRET },
    api: { tokens: [{ name: 'world', role: 'operator', tokenSecret: TOKEN_SECRET }] },
    persistence: { size: '256Mi' },
    // Not the port of the pod: Hale listens on all addresses, and those of Services are among them in this one network.
    service: { port: 80, logsPort: LOG_PORTS.service },
    ...(logs === 'shipper' ? { secretFiles: { shipper: { name: TOKEN_SECRET.name } } } : {}),
    config: {
      prometheus: { url: world.prometheus.url },
      alertmanager: { url: world.alertmanager.url },
      ...(watchdog ? { intake: { watchdog: {} } } : {}),
      ...(logs === null ? {} : { logs: logsConfig(world) }),
      scope: { namespaces: [SHOP_NAMESPACE] },
      autonomy: { namespaces: { [SHOP_NAMESPACE]: 'auto' } },
      catalogue: {
        databases: [
          {
            name: 'shop-postgres',
            matchers: { job: 'postgres' },
            usedBy: [`${SHOP_NAMESPACE}/orders`, `${SHOP_NAMESPACE}/catalog`],
          },
        ],
      },
    },
  };
}

/** Where the kinds of the chart are created. */
const PLURALS: Readonly<Record<string, string>> = {
  ServiceAccount: 'serviceaccounts',
  ConfigMap: 'configmaps',
  Service: 'services',
  PersistentVolumeClaim: 'persistentvolumeclaims',
  Deployment: 'deployments',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Role: 'roles',
  RoleBinding: 'rolebindings',
};

function collectionOf({ apiVersion = '', kind = '', metadata }: KubeObject): string {
  const plural = PLURALS[kind];
  if (plural === undefined) throw new Error(`the chart makes a ${kind}, of which the world knows no path`);
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const place = kind.startsWith('Cluster') ? '' : `/namespaces/${metadata.namespace ?? HALE_NAMESPACE}`;
  return `${group}${place}/${plural}`;
}

/** A pod that was restarted has died once, whether or not it is well again. */
async function endOfDaemon({ admin }: World): Promise<string | null> {
  const path = `/api/v1/namespaces/${HALE_NAMESPACE}/pods`;
  const { items } = await admin.get<KubeList<Pod>>(path);
  for (const { metadata, status } of items) {
    const [container] = status?.containerStatuses ?? [];
    if (container === undefined || container.restartCount === 0) continue;
    const { terminated } = container.lastState;
    const log = await textOf(admin, `${path}/${metadata.name}/log?previous=true&tailLines=20`);
    return `${terminated?.reason ?? 'ended'}, exit code ${terminated?.exitCode ?? 'unknown'}\n${log}`;
  }
  return null;
}

async function textOf(admin: World['admin'], path: string): Promise<string> {
  let text = '';
  const answer = await admin.stream(path, AbortSignal.timeout(5_000));
  for await (const chunk of answer) text += String(chunk);
  return text;
}

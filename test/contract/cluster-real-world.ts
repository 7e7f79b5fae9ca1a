import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../world/clock.ts';
import { type KubeAccess, kubeconfigOf } from '../world/kube/client.ts';
import { ServerProcess } from '../world/server-process.ts';
import { createAdmin } from './cluster-admin.ts';
import { freePorts } from './cluster-parts.ts';
import type { ClusterAdmin, ClusterWorld } from './cluster-suite.ts';

const READY_MS = 60_000;
const RULES = {
  reading: [
    {
      apiGroups: ['apps'],
      resources: ['deployments', 'replicasets', 'statefulsets', 'daemonsets'],
      verbs: ['get', 'list', 'watch'],
    },
    { apiGroups: [''], resources: ['namespaces', 'services', 'configmaps'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['get', 'list', 'watch'] },
  ],
  acting: [
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'] },
    { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'patch'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['patch'] },
    { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['patch'] },
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
    { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    { apiGroups: [''], resources: ['events', 'nodes', 'resourcequotas', 'persistentvolumeclaims'], verbs: ['list'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list'] },
    { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['list'] },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
    { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['list'] },
    { apiGroups: ['keda.sh'], resources: ['scaledobjects'], verbs: ['list'] },
  ],
} as const;

export interface RealCluster extends ClusterWorld {
  /** With every right. */
  readonly adminAccess: KubeAccess;
}

/** etcd, kube-apiserver and, where there is a program for them, the controllers of Deployments, on loopback; identities are ServiceAccounts under RBAC. */
export async function startRealCluster(
  paths: Readonly<Record<string, string>>,
  /** Where etcd keeps its data, which may be there already; left out, it goes with the cluster. */
  etcdFolder?: string,
): Promise<RealCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'hale-cluster-'));
  const [client = 0, peer = 0, secure = 0, controllers = 0] = await freePorts(4);
  const running: ServerProcess[] = [];
  const never = new AbortController().signal;
  const run = (name: string, args: readonly string[]): ServerProcess => {
    const server = ServerProcess.start({ name, command: paths[name] ?? '', args, logFolder: folder }, realClock);
    running.push(server);
    return server;
  };
  const stop = async (): Promise<void> => {
    for (const server of running.splice(0).reverse()) await server.stop();
    await rm(folder, { recursive: true, force: true });
  };

  try {
    const adminToken = randomBytes(16).toString('hex');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(join(folder, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
    await writeFile(join(folder, 'tokens.csv'), `${adminToken},admin,admin,"system:masters"\n`, { mode: 0o600 });
    await mkdir(join(folder, 'certs'));
    const etcd = run('etcd', etcdArgs(etcdFolder ?? join(folder, 'etcd'), client, peer));
    await etcd.ready(async () => (await fetch(`http://127.0.0.1:${client}/health`)).ok, READY_MS, never);

    let apiServer = run('kube-apiserver', apiServerArgs(folder, client, secure));
    const url = `https://127.0.0.1:${secure}`;
    const adminOf = async (): Promise<{ admin: ClusterAdmin; ca: string }> => {
      const ca = await readFile(join(folder, 'certs', 'apiserver.crt'), 'utf8');
      return { admin: createAdmin({ url, token: adminToken, ca }), ca };
    };
    const isReady = async (): Promise<boolean> => {
      const { admin } = await adminOf();
      return (await admin.get('/api/v1/namespaces/kube-system')) !== null;
    };
    await apiServer.ready(isReady, READY_MS, never);
    const { admin, ca } = await adminOf();
    if (paths['kube-controller-manager'] !== undefined) {
      const kubeconfig = join(folder, 'controllers.json');
      await writeFile(kubeconfig, kubeconfigOf({ server: url, ca, token: adminToken }));
      run('kube-controller-manager', controllerArgs(kubeconfig, controllers));
    }

    await grant(admin, 'reading', RULES.reading, ['hale', 'restricted']);
    await grant(admin, 'acting', RULES.acting, ['hale']);
    return {
      server: { scheme: 'https', host: '127.0.0.1', port: secure, ca },
      adminAccess: { server: url, ca, token: adminToken },
      token: await tokenOf(admin, 'hale'),
      restrictedToken: () => tokenOf(admin, 'restricted'),
      admin,
      async forgetHistory() {
        // A new process knows no version older than its start, and says so to whoever wants to resume from one.
        await apiServer.stop();
        apiServer = run('kube-apiserver', apiServerArgs(folder, client, secure));
        await apiServer.ready(isReady, READY_MS, never);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function etcdArgs(folder: string, client: number, peer: number): string[] {
  return [
    `--data-dir=${folder}`,
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
    '--unsafe-no-fsync',
  ];
}

function apiServerArgs(folder: string, etcd: number, secure: number): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    `--secure-port=${secure}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    `--cert-dir=${join(folder, 'certs')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
    `--service-account-key-file=${join(folder, 'sa.key')}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--authorization-mode=Node,RBAC',
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    // Pods would have to wait for their namespace's default account, which none of the controllers here makes.
    '--disable-admission-plugins=ServiceAccount',
    '--shutdown-delay-duration=0s',
  ];
}

function controllerArgs(kubeconfig: string, port: number): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--controllers=deployment-controller,replicaset-controller',
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
  ];
}

async function grant(admin: ClusterAdmin, role: string, rules: unknown, accounts: readonly string[]): Promise<void> {
  const roles = '/apis/rbac.authorization.k8s.io/v1';
  if ((await admin.get(`${roles}/clusterroles/${role}`)) !== null) return;
  await admin.create(`${roles}/clusterroles`, { metadata: { name: role }, rules });
  await admin.create(`${roles}/clusterrolebindings`, {
    metadata: { name: role },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: accounts.map((name) => ({ kind: 'ServiceAccount', namespace: 'kube-system', name })),
  });
}

async function tokenOf(admin: ClusterAdmin, name: string): Promise<string> {
  const accounts = '/api/v1/namespaces/kube-system/serviceaccounts';
  if ((await admin.get(`${accounts}/${name}`)) === null) await admin.create(accounts, { metadata: { name } });
  const answer = await admin.create(`${accounts}/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3600 },
  });
  return (answer['status'] as { token: string }).token;
}

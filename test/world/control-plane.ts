import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import { type ClusterCertificates, PROXY_NAME } from './cluster-certificates.ts';
import { createKubeClient, isKubeStatus, type KubeAccess, type KubeClient, kubeconfigOf } from './kube/client.ts';
import { NODE_ADDRESS, PORTS, SERVICE_NETWORK } from './network.ts';
import type { PartName, Parts } from './parts-list.ts';
import type { Progress } from './progress.ts';
import { type OnDeath, ServerProcess } from './server-process.ts';
import type { Stops } from './stops.ts';

export interface ControlPlaneOptions {
  readonly parts: Parts;
  readonly folder: string;
  readonly logFolder: string;
  readonly nodes: readonly string[];
  readonly certificates: ClusterCertificates;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly stops: Stops;
  readonly signal: AbortSignal;
  readonly onDeath: OnDeath;
}

export interface ControlPlane {
  readonly servers: readonly ServerProcess[];
  readonly admin: KubeClient;
  /** Who the node's kubelet is: the Node authorizer lets it touch nothing but what belongs to its own node. */
  nodeAccess(node: string): KubeAccess;
  /** Makes the ServiceAccount if need be and gets a token through the TokenRequest API, so RBAC applies in full. */
  serviceAccountAccess(account: ServiceAccountRef): Promise<KubeAccess>;
}

export interface ServiceAccountRef {
  readonly namespace: string;
  readonly name: string;
}

const READY_TIMEOUT_MS = 60_000;
const TOKEN_LIFE_S = 24 * 3600;

/** etcd, kube-apiserver, kube-controller-manager and kube-scheduler, each ready when this returns. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { folder, progress } = options;
  const certificates = join(folder, 'certificates');
  await mkdir(certificates, { recursive: true });
  const adminToken = randomBytes(16).toString('hex');
  const nodeTokens = new Map(options.nodes.map((node) => [node, randomBytes(16).toString('hex')]));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(join(folder, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  const tokens = [
    `${adminToken},admin,admin,"system:masters"`,
    ...[...nodeTokens].map(([node, token]) => `${token},system:node:${node},${node},"system:nodes"`),
  ];
  await writeFile(join(folder, 'tokens.csv'), `${tokens.join('\n')}\n`, { mode: 0o600 });

  await writeCertificates(certificates, options.certificates);

  const etcd = startServer(options, 'etcd', etcdArgs(folder));
  await etcd.ready(
    async () => (await fetch(`http://127.0.0.1:${PORTS.etcdClient}/health`)).ok,
    READY_TIMEOUT_MS,
    options.signal,
  );
  progress.say('etcd is ready');

  const apiServer = startServer(options, 'kube-apiserver', apiServerArgs(folder, certificates));
  let admin: KubeClient | undefined;
  await apiServer.ready(
    async () => {
      // The server makes its certificate in its first moments; until the file is there, nobody can be trusted.
      const ca = await readFile(join(certificates, 'apiserver.crt'), 'utf8');
      admin ??= createKubeClient({ server: `https://${NODE_ADDRESS}:${PORTS.apiServer}`, ca, token: adminToken });
      await admin.stream('/readyz', AbortSignal.timeout(5_000)).then((answer) => answer.resume());
      return true;
    },
    READY_TIMEOUT_MS,
    options.signal,
  );
  if (admin === undefined) throw new Error('kube-apiserver is ready without a certificate');
  const client: KubeClient = admin;
  options.stops.add('API client', () => client.close());
  progress.say('kube-apiserver is ready');

  const kubeconfig = join(folder, 'admin.kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf(client.access), { mode: 0o600 });
  const controllerManager = startServer(
    options,
    'kube-controller-manager',
    controllerManagerArgs(folder, certificates, kubeconfig),
  );
  const scheduler = startServer(options, 'kube-scheduler', schedulerArgs(certificates, kubeconfig));
  await Promise.all([
    controllerManager.ready(() => isHealthy(certificates, PORTS.controllerManager), READY_TIMEOUT_MS, options.signal),
    scheduler.ready(() => isHealthy(certificates, PORTS.scheduler), READY_TIMEOUT_MS, options.signal),
  ]);
  progress.say('kube-controller-manager and kube-scheduler are ready');
  return {
    servers: [etcd, apiServer, controllerManager, scheduler],
    admin: client,
    nodeAccess(node) {
      const token = nodeTokens.get(node);
      if (token === undefined) throw new Error(`no node "${node}"; there are: ${[...nodeTokens.keys()].join(', ')}`);
      return { ...client.access, token };
    },
    serviceAccountAccess: (account) => requestToken(client, account),
  };
}

async function writeCertificates(folder: string, certificates: ClusterCertificates): Promise<void> {
  for (const [name, { certificate, key }] of Object.entries(certificates)) {
    await writeFile(join(folder, `${name}.crt`), certificate);
    await writeFile(join(folder, `${name}.key`), key, { mode: 0o600 });
  }
}

function startServer(options: ControlPlaneOptions, name: PartName, args: readonly string[]): ServerProcess {
  const server = ServerProcess.start(
    { name, command: options.parts[name], args, logFolder: options.logFolder },
    options.clock,
    options.onDeath,
  );
  options.stops.add(name, () => server.stop());
  return server;
}

function etcdArgs(folder: string): string[] {
  const client = `http://127.0.0.1:${PORTS.etcdClient}`;
  const peer = `http://127.0.0.1:${PORTS.etcdPeer}`;
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    // The world does not outlive its run, so nothing has to survive a loss of power.
    '--unsafe-no-fsync',
  ];
}

function apiServerArgs(folder: string, certificates: string): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${PORTS.etcdClient}`,
    `--secure-port=${PORTS.apiServer}`,
    '--bind-address=0.0.0.0',
    `--advertise-address=${NODE_ADDRESS}`,
    `--cert-dir=${certificates}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
    `--service-account-key-file=${join(folder, 'sa.key')}`,
    `--service-cluster-ip-range=${SERVICE_NETWORK}`,
    '--authorization-mode=Node,RBAC',
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--allow-privileged=true',
    // To the nodes, for the logs of pods.
    `--kubelet-client-certificate=${join(certificates, 'nodeClient.crt')}`,
    `--kubelet-client-key=${join(certificates, 'nodeClient.key')}`,
    `--kubelet-certificate-authority=${join(certificates, 'nodes.crt')}`,
    '--kubelet-preferred-address-types=InternalIP',
    // To the metrics server, for what the API server passes on.
    `--requestheader-client-ca-file=${join(certificates, 'proxyClient.crt')}`,
    `--requestheader-allowed-names=${PROXY_NAME}`,
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${join(certificates, 'proxyClient.crt')}`,
    `--proxy-client-key-file=${join(certificates, 'proxyClient.key')}`,
  ];
}

function controllerManagerArgs(folder: string, certificates: string, kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--service-account-private-key-file=${join(folder, 'sa.key')}`,
    `--root-ca-file=${join(certificates, 'apiserver.crt')}`,
    '--use-service-account-credentials=true',
    '--leader-elect=false',
    // Autoscaling and binding must show within a run: a tenth or so of the defaults (15 s, 5 min, 30 s, 5 min and 15 s).
    '--horizontal-pod-autoscaler-sync-period=3s',
    '--horizontal-pod-autoscaler-downscale-stabilization=30s',
    '--horizontal-pod-autoscaler-initial-readiness-delay=3s',
    '--horizontal-pod-autoscaler-cpu-initialization-period=30s',
    '--pvclaimbinder-sync-period=2s',
    '--controllers=*,-nodeipam,-cloud-node-lifecycle,-route,-service-lb-controller',
    `--bind-address=${NODE_ADDRESS}`,
    `--secure-port=${PORTS.controllerManager}`,
    `--cert-dir=${certificates}`,
    `--tls-cert-file=${join(certificates, 'apiserver.crt')}`,
    `--tls-private-key-file=${join(certificates, 'apiserver.key')}`,
  ];
}

function schedulerArgs(certificates: string, kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    `--bind-address=${NODE_ADDRESS}`,
    `--secure-port=${PORTS.scheduler}`,
    `--tls-cert-file=${join(certificates, 'apiserver.crt')}`,
    `--tls-private-key-file=${join(certificates, 'apiserver.key')}`,
  ];
}

/** Both answer `/healthz` without credentials. They borrow the API server's certificate so that it can be checked. */
async function isHealthy(certificates: string, port: number): Promise<boolean> {
  const ca = await readFile(join(certificates, 'apiserver.crt'), 'utf8');
  const client = createKubeClient({ server: `https://${NODE_ADDRESS}:${port}`, ca, token: '' });
  try {
    (await client.stream('/healthz', AbortSignal.timeout(5_000))).resume();
    return true;
  } finally {
    client.close();
  }
}

async function requestToken(admin: KubeClient, { namespace, name }: ServiceAccountRef): Promise<KubeAccess> {
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  try {
    await admin.create(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
  } catch (error) {
    if (!isKubeStatus(error, 409)) throw error;
  }
  const answer = await admin.create<{ status: { token: string } }>(`${accounts}/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: TOKEN_LIFE_S },
  });
  return { ...admin.access, token: answer.status.token };
}

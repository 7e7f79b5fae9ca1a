import { mkdir } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { type Alertmanager, startAlertmanager, type Webhook } from './alertmanager.ts';
import type { Clock } from './clock.ts';
import { type ControlPlane, type ServiceAccountRef, startControlPlane } from './control-plane.ts';
import { type DeployContext, deployShop, waitForRollout } from './deploy.ts';
import { createKubeClient, type KubeAccess, type KubeClient } from './kube/client.ts';
import { Kubelet } from './kubelet/kubelet.ts';
import type { ShopOptions } from './manifests.ts';
import { setUpAddresses } from './namespace.ts';
import { NODE_ADDRESS } from './network.ts';
import type { Parts } from './parts-list.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import type { Progress } from './progress.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';
import type { OnDeath, ServerProcess } from './server-process.ts';
import { ServiceProxy } from './service-proxy.ts';
import { Stops } from './stops.ts';

export interface WorldOptions {
  readonly parts: Parts;
  /** Empty folder for everything that the world writes. */
  readonly folder: string;
  readonly clock: Clock;
  readonly progress: Progress;
  /** Aborting it ends every wait of the world; the caller still has to stop it. */
  readonly signal: AbortSignal;
  readonly maxConnections?: number;
  readonly webhook?: Webhook;
  /** Prometheus rule files, absolute. */
  readonly ruleFiles?: readonly string[];
}

export interface World {
  readonly folder: string;
  readonly clock: Clock;
  readonly progress: Progress;
  /** Aborts when the run is interrupted or a part dies; the reason says which. */
  readonly signal: AbortSignal;
  readonly admin: KubeClient;
  readonly prometheus: Prometheus;
  readonly alertmanager: Alertmanager;
  readonly postgres: Postgres;
  serviceAccountAccess(account: ServiceAccountRef): Promise<KubeAccess>;
  deploy(shop: ShopOptions): Promise<void>;
  waitForRollout(namespace: string, name: string): Promise<number>;
  /** What died although nobody stopped it; empty while the world is whole. */
  casualties(): readonly string[];
  /** Bounded and callable twice; returns what did not stop as it should. */
  stop(): Promise<readonly string[]>;
}

const DEFAULT_MAX_CONNECTIONS = 30;
const NODE = 'node-1';
/** Crash loops must show within a run, so the ladder is a tenth of the kubelet's own. */
const BACK_OFF = { baseMs: 1_000, maxMs: 30_000, resetAfterMs: 60_000 };

/** Starts every part inside the namespace of this process; throws, with everything stopped again, when one fails. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const stops = new Stops(options.clock);
  try {
    return await start(options, stops);
  } catch (error) {
    await stops.stopAll();
    throw error;
  }
}

async function start(options: WorldOptions, stops: Stops): Promise<World> {
  const { parts, folder, clock, progress, signal } = options;
  const logFolder = join(folder, 'logs');
  await mkdir(logFolder, { recursive: true });
  await setUpAddresses(parts.ip);
  // One part that fails to start ends the waiting for the others; one that dies later ends the run.
  const failed = new AbortController();
  const broken = new AbortController();
  const onDeath: OnDeath = (error) => broken.abort(error);
  const base = { parts, logFolder, clock, progress, stops, signal: AbortSignal.any([signal, failed.signal]), onDeath };
  const postgres = async () => {
    const started = await startPostgres({
      ...base,
      folder: join(folder, 'postgres'),
      maxConnections: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
      schemaFile: join(import.meta.dirname, 'shop', 'schema.sql'),
    });
    progress.say('PostgreSQL and its exporter are ready');
    return started;
  };
  const cluster = async () => {
    const controlPlane = await startControlPlane({ ...base, folder: join(folder, 'control-plane'), nodes: [NODE] });
    const onTrouble = (line: string) => {
      if (!signal.aborted) progress.say(`trouble: ${line}`);
    };
    await startNode(controlPlane, options, stops, onTrouble);
    const prometheus = await startPrometheus({
      ...base,
      folder: join(folder, 'prometheus'),
      controlPlane,
      ruleFiles: options.ruleFiles ?? [],
    });
    progress.say('Prometheus is ready');
    return { controlPlane, prometheus };
  };
  const alerts = async () => {
    const webhook = options.webhook ? { webhook: options.webhook } : {};
    const started = await startAlertmanager({ ...base, folder: join(folder, 'alertmanager'), ...webhook });
    progress.say('Alertmanager is ready');
    return started;
  };
  const [postgresStarted, { controlPlane, prometheus }, alertmanager] = await allOrFirstError(
    (error) => failed.abort(error),
    postgres(),
    cluster(),
    alerts(),
  );
  signal.throwIfAborted();
  const whole = AbortSignal.any([signal, broken.signal]);
  const deployContext: DeployContext = { client: controlPlane.admin, clock, progress, signal: whole };
  const servers = (): readonly ServerProcess[] => [
    ...controlPlane.servers,
    prometheus.server,
    alertmanager.server,
    ...postgresStarted.servers(),
  ];
  return {
    folder,
    clock,
    progress,
    signal: whole,
    prometheus,
    alertmanager,
    admin: controlPlane.admin,
    postgres: postgresStarted,
    serviceAccountAccess: (account) => controlPlane.serviceAccountAccess(account),
    deploy: (shop) => deployShop(deployContext, shop, postgresStarted.shopUrl),
    waitForRollout: (namespace, name) => waitForRollout(deployContext, namespace, name),
    casualties: () =>
      servers().flatMap((it) => (it.diedOf === undefined ? [] : [`${it.name}: ${it.diedOf}\n${it.logTail()}`])),
    stop: () => stops.stopAll(),
  };
}

async function startNode(
  controlPlane: ControlPlane,
  { clock, folder, progress }: WorldOptions,
  stops: Stops,
  onTrouble: (line: string) => void,
): Promise<void> {
  const client = createKubeClient(controlPlane.nodeAccess(NODE));
  stops.add('node API client', () => client.close());
  // The proxy needs the cluster's administrator: a node may not list all Services.
  const proxy = new ServiceProxy({ client: controlPlane.admin, clock, onTrouble });
  stops.add('service proxy', () => proxy.stop());
  const kubelet = new Kubelet({
    client,
    clock,
    folder,
    onTrouble,
    node: NODE,
    podPrefix: '10.244.1',
    hostIp: NODE_ADDRESS,
    capacity: {
      // Twice the processors: requests in the world are small and only the scheduler adds them up.
      cpu: String(Math.max(8, cpus().length * 2)),
      memory: `${Math.floor(totalmem() / 1024)}Ki`,
      pods: '110',
    },
    backOff: BACK_OFF,
    baseEnv: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/',
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      KUBERNETES_SERVICE_PORT: '443',
    },
  });
  stops.add('process kubelet', () => kubelet.stop());
  await Promise.all([proxy.start(), kubelet.start()]);
  progress.say('the process kubelet and the service proxy are ready');
}

/** Waits for all before it throws the first error, so that nothing is still starting when the stop begins. */
async function allOrFirstError<T extends readonly unknown[]>(
  onError: (error: unknown) => void,
  ...promises: { [K in keyof T]: Promise<T[K]> }
): Promise<T> {
  for (const promise of promises) promise.catch(onError);
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

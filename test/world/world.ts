import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Alertmanager, startAlertmanager, type Webhook } from './alertmanager.ts';
import type { Clock } from './clock.ts';
import { createClusterCertificates } from './cluster-certificates.ts';
import { type ServiceAccountRef, startControlPlane } from './control-plane.ts';
import { type DeployContext, deployShop, putService, waitForRollout } from './deploy.ts';
import { WorldError } from './errors.ts';
import type { KubeAccess, KubeClient } from './kube/client.ts';
import type { ShopOptions, ShopServiceName, ShopServiceOptions } from './manifests.ts';
import { setUpAddresses } from './namespace.ts';
import { NODES } from './network.ts';
import { startNodes } from './nodes.ts';
import { type BulkTarget, startRsyslog } from './optional/rsyslog.ts';
import { type OptionalServers, startOptionalParts } from './optional/start.ts';
import type { OptionalPartName, OptionalParts, Parts } from './parts-list.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import type { Progress } from './progress.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';
import type { OnDeath, ServerProcess } from './server-process.ts';
import { Stops } from './stops.ts';

export interface WorldOptions {
  readonly parts: Parts;
  readonly optionalParts?: OptionalParts;
  /** Empty folder for everything that the world writes. */
  readonly folder: string;
  readonly clock: Clock;
  readonly progress: Progress;
  /** Aborting it ends every wait of the world; the caller still has to stop it. */
  readonly signal: AbortSignal;
  readonly maxConnections?: number;
  readonly webhook?: Webhook;
  readonly nodeProcessors?: number;
  /** Prometheus rule files, absolute. */
  readonly ruleFiles?: readonly string[];
}

export interface World {
  readonly parts: Parts;
  readonly folder: string;
  readonly clock: Clock;
  readonly progress: Progress;
  /** Aborts when the run is interrupted or a part dies; the reason says which. */
  readonly signal: AbortSignal;
  readonly admin: KubeClient;
  readonly prometheus: Prometheus;
  readonly alertmanager: Alertmanager;
  readonly postgres: Postgres;
  readonly optionalParts: readonly OptionalPartName[];
  readonly optional: OptionalServers;
  serviceAccountAccess(account: ServiceAccountRef): Promise<KubeAccess>;
  deploy(shop: ShopOptions): Promise<void>;
  /** Makes or replaces one service of the shop; waits for nothing. */
  putService(service: ShopServiceName, options: ShopServiceOptions): Promise<void>;
  waitForRollout(namespace: string, name: string): Promise<number>;
  /** Has the logs of all containers sent there; needs the part rsyslog. */
  shipLogs(target: BulkTarget): Promise<void>;
  /** What died although nobody stopped it; empty while the world is whole. */
  casualties(): readonly string[];
  /** Bounded and callable twice; returns what did not stop as it should. */
  stop(): Promise<readonly string[]>;
}

const DEFAULT_MAX_CONNECTIONS = 30;

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
    const certificates = createClusterCertificates(clock.now());
    const controlPlane = await startControlPlane({
      ...base,
      folder: join(folder, 'control-plane'),
      nodes: NODES.map((it) => it.name),
      certificates,
    });
    const onTrouble = (line: string) => {
      if (!signal.aborted) progress.say(`trouble: ${line}`);
    };
    const processors = options.nodeProcessors;
    await startNodes({ ...base, folder, controlPlane, certificates, onTrouble, processors });
    const prometheus = await startPrometheus({
      ...base,
      folder: join(folder, 'prometheus'),
      controlPlane,
      ruleFiles: options.ruleFiles ?? [],
      optionalParts: Object.keys(options.optionalParts ?? {}) as OptionalPartName[],
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
  const [postgresStarted, { controlPlane, prometheus }, alertmanager, optional] = await allOrFirstError(
    (error) => failed.abort(error),
    postgres(),
    cluster(),
    alerts(),
    startOptionalParts({ ...base, folder }, options.optionalParts ?? {}),
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
    parts,
    folder,
    clock,
    progress,
    signal: whole,
    prometheus,
    alertmanager,
    admin: controlPlane.admin,
    postgres: postgresStarted,
    optionalParts: Object.keys(options.optionalParts ?? {}) as OptionalPartName[],
    optional,
    serviceAccountAccess: (account) => controlPlane.serviceAccountAccess(account),
    deploy: (shop) => deployShop(deployContext, shop, postgresStarted.shopUrl),
    putService: (service, shop) => putService(deployContext, service, shop, postgresStarted.shopUrl),
    waitForRollout: (namespace, name) => waitForRollout(deployContext, namespace, name),
    async shipLogs(target) {
      const rsyslogd = options.optionalParts?.rsyslog?.rsyslogd;
      if (rsyslogd === undefined) throw new WorldError('missing-part', 'nothing ships logs: rsyslog was not asked for');
      await startRsyslog({ ...base, folder }, rsyslogd, target);
    },
    casualties: () =>
      servers().flatMap((it) => (it.diedOf === undefined ? [] : [`${it.name}: ${it.diedOf}\n${it.logTail()}`])),
    stop: () => stops.stopAll(),
  };
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

/** Stops the world and tells what had died before, and what did not stop as it should. */
export async function stopWorld(world: World): Promise<void> {
  const dead = world.casualties();
  const problems = await world.stop();
  if (!world.signal.aborted) for (const line of dead) world.progress.say(`died by itself: ${line}`);
  for (const line of problems) world.progress.say(`did not stop well: ${line}`);
  world.progress.say('the world is stopped');
}

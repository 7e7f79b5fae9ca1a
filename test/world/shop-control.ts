import { Client } from 'pg';
import { WorldError } from './errors.ts';
import type { KubeList } from './kube/types.ts';
import type { Pod } from './kubelet/pod.ts';
import {
  namespaceOf,
  QUIET_SHOP,
  type ShopOptions,
  type ShopServiceName,
  type ShopServiceOptions,
} from './manifests.ts';
import { withClient } from './postgres.ts';
import { scaleDeployment } from './scale.ts';
import type { FaultChange } from './shop/faults.ts';
import type { World } from './world.ts';

/** What a person, a pipeline or bad luck may do to the shop. */
export interface ShopControl {
  /**
   * Switches faults inside the processes that run now: all of the service, or its first `pods`. A process that starts later is healthy;
   * for a sick release use `release`. Returns how many were switched.
   */
  setFaults(service: ShopServiceName, change: FaultChange, pods?: number): Promise<number>;
  /** Switches faults in one pod that shares its node with a pod of `beside`. */
  setFaultsBeside(service: ShopServiceName, beside: ShopServiceName, change: FaultChange): Promise<void>;
  /** A new revision of the service, as a pipeline would roll it out; `wait: false` for one that may never become ready. */
  release(service: ShopServiceName, change: Partial<ShopServiceOptions>, how?: { wait: boolean }): Promise<void>;
  scale(service: ShopServiceName, replicas: number): Promise<void>;
  /** One statement on the shop's database, as its owner. */
  sql(statement: string): Promise<readonly unknown[]>;
  /** A session of its own that keeps the table locked against everyone, until `end`. */
  lockTable(table: string): Promise<{ end(): Promise<void> }>;
}

const FAULTS_PORT = 8080;
const SWITCH_TIMEOUT_MS = 5_000;

export function createShopControl(world: World, options: ShopOptions): ShopControl {
  const current = { ...options };

  async function runningPods(service: ShopServiceName): Promise<Pod[]> {
    const path = `/api/v1/namespaces/${namespaceOf(service)}/pods?labelSelector=app%3D${service}`;
    const { items } = await world.admin.get<KubeList<Pod>>(path);
    return items.filter(
      ({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase === 'Running',
    );
  }

  async function podAddresses(service: ShopServiceName): Promise<string[]> {
    return (await runningPods(service)).flatMap(({ status }) => (status?.podIP ? [status.podIP] : [])).sort();
  }

  return {
    async setFaults(service, change, pods = Number.POSITIVE_INFINITY) {
      const addresses = (await podAddresses(service)).slice(0, pods);
      await Promise.all(addresses.map((address) => postFaults(address, change)));
      return addresses.length;
    },
    async setFaultsBeside(service, beside, change) {
      const nodes = new Set((await runningPods(beside)).map(({ spec }) => spec.nodeName));
      const address = (await runningPods(service)).find(({ spec }) => nodes.has(spec.nodeName))?.status?.podIP;
      if (address === undefined) throw new WorldError('bad-fault', `no pod of ${service} runs beside ${beside}`);
      await postFaults(address, change);
    },
    async release(service, change, { wait } = { wait: true }) {
      const next = { replicas: 1, workMs: 0, ...current[service], ...change };
      current[service] = next;
      await world.putService(service, next);
      if (wait) await world.waitForRollout(namespaceOf(service), service);
    },
    scale: (service, replicas) => scaleDeployment(world, namespaceOf(service), service, replicas),
    sql: (statement) =>
      withClient(world.postgres.shopUrl, async (client) => (await client.query(statement)).rows as unknown[]),
    lockTable: (table) => lockTable(world.postgres.shopUrl, table),
  };
}

/** The shop of a fault: the quiet one, with what the fault wants otherwise. */
export function shopOf(change: Partial<ShopOptions> | undefined): ShopOptions {
  return { ...QUIET_SHOP, ...change };
}

async function postFaults(address: string, change: FaultChange): Promise<void> {
  const answer = await fetch(`http://${address}:${FAULTS_PORT}/faults`, {
    method: 'POST',
    body: JSON.stringify(change),
    signal: AbortSignal.timeout(SWITCH_TIMEOUT_MS),
  });
  if (!answer.ok) throw new WorldError('bad-fault', `faults of ${address}: ${answer.status} ${await answer.text()}`);
}

async function lockTable(url: string, table: string): Promise<{ end(): Promise<void> }> {
  const client = new Client({ connectionString: url, application_name: 'migration' });
  // Whoever ends the session from outside has cured the fault.
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin');
  await client.query(`lock table ${client.escapeIdentifier(table)} in access exclusive mode`);
  return { end: () => client.end().catch(() => undefined) };
}

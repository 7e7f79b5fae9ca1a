import { selfSigned } from './certificates.ts';
import { type Clock, sleep } from './clock.ts';
import { WorldError } from './errors.ts';
import { isKubeStatus, type KubeClient } from './kube/client.ts';
import type { Deployment, KubeList, KubeObject } from './kube/types.ts';
import type { Pod } from './kubelet/pod.ts';
import {
  certificateSecret,
  journalClaim,
  namespaceOf,
  SHOP_SERVICES,
  type ShopOptions,
  type ShopServiceName,
  type ShopServiceOptions,
  shopDeployment,
  shopService,
} from './manifests.ts';
import type { Progress } from './progress.ts';

export interface DeployContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const ROLLOUT_TIMEOUT_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

/** Makes the shop's objects, or brings them back to what the options say, and waits until every rollout is complete. */
export async function deployShop(context: DeployContext, options: ShopOptions, databaseUrl: string): Promise<void> {
  const { client, progress } = context;
  for (const name of new Set(SHOP_SERVICES.map(namespaceOf))) {
    await createUnlessThere(client, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await waitForServiceAccount(context, name);
  }
  const services = SHOP_SERVICES.filter((service) => options[service] !== undefined);
  for (const service of services) {
    await createService(client, service);
    const wanted = options[service];
    if (wanted) await putService(context, service, wanted, databaseUrl);
  }
  for (const service of services) {
    const pods = await waitForRollout(context, namespaceOf(service), service);
    progress.say(`${service} is rolled out: ${pods} ready`);
  }
}

/** Makes or replaces one service's Deployment, and its certificate; waits for nothing. */
export async function putService(
  { client, clock }: DeployContext,
  service: ShopServiceName,
  options: ShopServiceOptions,
  databaseUrl: string,
): Promise<void> {
  if (options.certificateDays !== undefined) {
    const nowMs = clock.now();
    const { certificate, key } = selfSigned({
      commonName: service,
      dnsNames: [`${service}.${namespaceOf(service)}.svc`],
      notBefore: new Date(nowMs - DAY_MS),
      notAfter: new Date(nowMs + options.certificateDays * DAY_MS),
    });
    await putObject(client, `/api/v1/namespaces/${namespaceOf(service)}/secrets`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: certificateSecret(service), namespace: namespaceOf(service) },
      type: 'kubernetes.io/tls',
      stringData: { 'tls.crt': certificate, 'tls.key': key },
    } as KubeObject);
  }
  if (options.journal !== undefined)
    await createUnlessThere(client, `/api/v1/namespaces/${namespaceOf(service)}/persistentvolumeclaims`, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: journalClaim(service) },
      spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: options.journal } } },
    } as KubeObject);
  const body = shopDeployment(service, options, databaseUrl);
  await putObject(client, `/apis/apps/v1/namespaces/${body.metadata.namespace}/deployments`, body);
}

async function createUnlessThere(client: KubeClient, path: string, body: KubeObject): Promise<void> {
  try {
    await client.create(path, body);
  } catch (error) {
    if (!isKubeStatus(error, 409)) throw error;
  }
}

/** Its address is fixed: a second one would be refused for the address before it is refused for the name. */
async function createService(client: KubeClient, service: ShopServiceName): Promise<void> {
  const path = `/api/v1/namespaces/${namespaceOf(service)}/services`;
  try {
    await client.get(`${path}/${service}`);
  } catch (error) {
    if (!isKubeStatus(error, 404)) throw error;
    await client.create(path, shopService(service));
  }
}

/** Pods are refused until the controllers have made this; the ReplicaSet controller would then back off for seconds. */
async function waitForServiceAccount({ client, clock, signal }: DeployContext, namespace: string): Promise<void> {
  const deadlineMs = clock.now() + ROLLOUT_TIMEOUT_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      await client.get(`/api/v1/namespaces/${namespace}/serviceaccounts/default`);
      return;
    } catch (error) {
      if (!isKubeStatus(error, 404) || clock.now() > deadlineMs) throw error;
      await sleep(clock, 100, signal);
    }
  }
}

async function putObject(client: KubeClient, path: string, body: KubeObject): Promise<void> {
  try {
    await client.create(path, body);
  } catch (error) {
    if (!isKubeStatus(error, 409)) throw error;
    await client.replace(`${path}/${body.metadata.name}`, body);
  }
}

export function isRolledOut({ metadata, spec, status }: Deployment): boolean {
  const wanted = spec.replicas ?? 1;
  return (
    (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    (status?.updatedReplicas ?? 0) === wanted &&
    (status?.replicas ?? 0) === wanted &&
    (status?.availableReplicas ?? 0) === wanted
  );
}

/** Number of ready pods once the rollout is complete; throws with the state of the pods when that takes too long. */
export async function waitForRollout(
  { client, clock, signal }: DeployContext,
  namespace: string,
  name: string,
  timeoutMs = ROLLOUT_TIMEOUT_MS,
): Promise<number> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const deadlineMs = clock.now() + timeoutMs;
  while (clock.now() < deadlineMs) {
    const deployment = await client.get<Deployment>(path);
    if (isRolledOut(deployment)) return deployment.status?.availableReplicas ?? 0;
    await sleep(clock, 150, signal);
    signal.throwIfAborted();
  }
  const pods = await client.get<KubeList<Pod>>(`/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${name}`);
  const lines = pods.items.map((pod) => `  ${pod.metadata.name}: ${describePod(pod)}`);
  throw new WorldError(
    'rollout-failed',
    `${namespace}/${name} is not rolled out after ${timeoutMs} ms; its pods:\n${lines.join('\n') || '  none'}`,
  );
}

function describePod({ status }: Pod): string {
  const containers = (status?.containerStatuses ?? []).map(({ name, state, ready, restartCount }) => {
    const what = state.waiting ?? state.terminated;
    return `${name} ${what ? `${what.reason} ${what.message ?? ''}` : 'running'}, ready ${ready}, restarts ${restartCount}`;
  });
  return [status?.phase ?? 'no status', ...containers].join('; ');
}

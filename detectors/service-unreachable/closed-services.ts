import type { ReadContext } from '../../src/plugin/context.ts';
import type { PodView, ServiceView, WorkloadView } from '../../src/ports/cluster.ts';
import type { EndpointsView, NetworkPolicyView } from '../../src/ports/cluster-details.ts';
import { ifAnswered } from '../../src/workload-traces/index.ts';

/** A Service that has its pods, and leads nowhere all the same. */
export interface ClosedService {
  readonly service: ServiceView;
  readonly workload: WorkloadView;
  readonly why:
    | {
        readonly what: 'port';
        readonly port: number;
        readonly leadsTo: string;
        readonly listensOn: readonly PortOfPod[];
      }
    | { readonly what: 'policy'; readonly policy: NetworkPolicyView };
  readonly endpoints: EndpointsView | null;
}

export interface PortOfPod {
  readonly name: string;
  readonly port: number;
}

type Cluster = Pick<ReadContext, 'cluster' | 'signal' | 'now'>;

/** Of the Services that pick a workload's pods, those with a port that no container has, or behind a new policy that lets nothing in. */
export async function closedServices(
  workload: WorkloadView,
  config: { readonly policyWithin: number },
  ctx: Cluster,
): Promise<readonly ClosedService[]> {
  const { subject } = workload;
  const ready = ctx.cluster.podsOf(subject).filter((pod) => pod.ready);
  const [pod] = ready;
  if (pod === undefined) return [];
  const services = ctx.cluster.services(subject.namespace).filter(({ selector }) => picks(selector, pod.labels));
  if (services.length === 0) return [];
  const ports = portsOf((await ifAnswered(ctx.cluster.object(subject, ctx.signal))) ?? {});
  const policies = (await ifAnswered(ctx.cluster.networkPolicies(subject.namespace, ctx.signal))) ?? [];
  const policy = policies.find((one) => isShut(one, pod, policies, ctx.now() - config.policyWithin));
  const closed: ClosedService[] = [];
  for (const service of services.slice(0, 5)) {
    const why = wrongPort(service, ports) ?? (policy ? { what: 'policy' as const, policy } : null);
    if (why === null) continue;
    const endpoints = await ifAnswered(ctx.cluster.endpointsOf(service, ctx.signal));
    closed.push({ service, workload, why, endpoints });
  }
  return closed;
}

function picks(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/**
 * A port by a name that no container has: Kubernetes gives it no address. By a number only where no port of the Service is a declared one:
 * beside one that is, an undeclared port is a habit (metrics, administration) and may well be listened on.
 */
function wrongPort(
  service: ServiceView,
  declared: readonly PortOfPod[] | null,
): Extract<ClosedService['why'], { what: 'port' }> | null {
  if (declared === null || declared.length === 0) return null;
  const leads = service.ports.filter(({ targetPort }) => targetPort !== '');
  const unknown = leads.filter(
    ({ targetPort }) => !declared.some((one) => one.name === targetPort || String(one.port) === targetPort),
  );
  const wrong = unknown.find(({ targetPort }) => unknown.length === leads.length || !/^\d+$/.test(targetPort));
  return wrong ? { what: 'port', port: wrong.port, leadsTo: wrong.targetPort, listensOn: declared } : null;
}

/**
 * Lets nothing in, selects the pod, and came lately; policies add up, so another one that selects it too may let traffic in. What selects with
 * expressions is not evaluated: it may open what is shut, or shut what is open.
 */
function isShut(policy: NetworkPolicyView, pod: PodView, all: readonly NetworkPolicyView[], since: number): boolean {
  if (policy.ingressRules !== 0 || policy.hasExpressions || policy.createdAt < since) return false;
  const selects = (one: NetworkPolicyView) =>
    Object.entries(one.podSelector).every(([key, value]) => pod.labels[key] === value);
  const isOpened = all.some((one) => (one.ingressRules ?? 0) > 0 && (one.hasExpressions || selects(one)));
  return selects(policy) && !isOpened;
}

/** Ports that the containers declare; null where one of them declares none, and so may listen anywhere. */
function portsOf(object: Readonly<Record<string, unknown>>): readonly PortOfPod[] | null {
  const containers = list(field(field(field(field(object, 'spec'), 'template'), 'spec'), 'containers'));
  if (containers.length === 0) return null;
  const ports = containers.map((container) => list(field(container, 'ports')));
  if (ports.some((own) => own.length === 0)) return null;
  return ports.flat().flatMap((one) => {
    const port = field(one, 'containerPort');
    const name = field(one, 'name');
    return typeof port === 'number' ? [{ name: typeof name === 'string' ? name : '', port }] : [];
  });
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

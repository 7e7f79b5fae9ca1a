import { describe, expect, it } from 'vitest';
import { NO_RESOURCES } from '../../src/ports/cluster.ts';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import type { FakeDetails } from '../../test/fakes/cluster.ts';
import { fakePods, fakeWorkload } from '../../test/fakes/cluster.ts';
import { serviceUnreachable } from './index.ts';

/** Deployment shop/orders behind a Service with this selector; and Deployment shop/web, whose environment is `env`. */
function world(selector: Record<string, string>, { name = 'orders', ready = true } = {}) {
  const made = detectorWorld(() => undefined);
  const { workload } = made.incident;
  const pods = fakePods(workload).map((pod) => ({ ...pod, ready, labels: { app: 'orders', tier: 'back' } }));
  made.cluster.addWorkload(workload, pods);
  made.cluster.addService({ namespace: 'shop', name, clusterIp: '10.0.0.1', selector });
  return made;
}

describe('service-unreachable', () => {
  it('names the selector, what the pods have, and the patch', async () => {
    expect(await detectIn(world({ app: 'order' }), serviceUnreachable)).toMatchObject([
      {
        reason: 'service-unreachable',
        subject: { name: 'orders' },
        confidence: 0.9,
        summary:
          'Deployment shop/orders: Service shop/orders has no address: it selects app=order, its pods have orders',
        mend: `kubectl -n shop patch service orders -p '{"spec":{"selector":{"app":"orders"}}}'`,
      },
    ]);
  });

  it('takes a label that no pod has out of the selector', async () => {
    const [finding] = await detectIn(world({ app: 'orders', version: 'blue' }), serviceUnreachable);

    expect(finding?.summary).toContain('it selects version=blue, its pods have none');
    expect(finding?.mend).toContain('{"version":null}');
  });

  it.each<[string, Record<string, string>]>([
    ['an address', { ORDERS_URL: 'http://orders:8080/api' }],
    ['a name with its namespace', { ORDERS_URL: 'http://orders.shop.svc.cluster.local' }],
    ['a bare host', { ORDERS_HOST: 'orders' }],
  ])('is told to its caller: %s', async (_, env) => {
    const sick = world({ app: 'order' });
    const web = fakeWorkload({
      subject: { name: 'web' },
      containers: [{ name: 'app', image: 'web:1', resources: NO_RESOURCES, env }],
    });
    sick.cluster.addWorkload(web);
    const incident = { ...sick.incident, subject: web.subject, workload: web };

    expect(await detectIn({ ...sick, incident }, serviceUnreachable)).toMatchObject([
      { subject: { name: 'orders' }, confidence: 0.85 },
    ]);
  });

  it.each<[string, ReturnType<typeof world>]>([
    ['it selects its pods', world({ app: 'orders' })],
    ['a Service without selector has its addresses from elsewhere', world({})],
    [
      'no workload has its name: it may be meant to be empty',
      world({ app: 'orders-preview' }, { name: 'orders-preview' }),
    ],
    ['its pods are not ready: why they are not is the question', world({ app: 'order' }, { ready: false })],
  ])('finds nothing: %s', async (_, calm) => {
    expect(await detectIn(calm, serviceUnreachable)).toEqual([]);
  });

  it('finds nothing for a workload that does not call it', async () => {
    const sick = world({ app: 'order' });
    const env = { URL: 'http://reorders:80', OTHER: 'orders-db' };
    const web = fakeWorkload({
      subject: { name: 'web' },
      containers: [{ name: 'app', image: 'web:1', resources: NO_RESOURCES, env }],
    });
    sick.cluster.addWorkload(web);

    expect(
      await detectIn(
        { ...sick, incident: { ...sick.incident, subject: web.subject, workload: web } },
        serviceUnreachable,
      ),
    ).toEqual([]);
  });
});

describe('service-unreachable, with pods behind it', () => {
  const HOUR_MS = 3_600_000;
  const object = (ports: object[]) => ({ spec: { template: { spec: { containers: [{ name: 'app', ports }] } } } });
  const policy = (now: number, fields = {}) => ({
    name: 'deny',
    podSelector: { app: 'orders' },
    hasExpressions: false,
    ingressRules: 0,
    egressRules: null,
    createdAt: now - HOUR_MS,
    ...fields,
  });

  it('takes an undeclared port beside a declared one for a habit', async () => {
    const made = behind('http', () => ({}));
    const ports = [
      { name: 'http', port: 80, targetPort: 'http' },
      { name: 'metrics', port: 90, targetPort: '9090' },
    ];
    made.cluster.addService({ namespace: 'shop', name: 'more', clusterIp: null, selector: { app: 'orders' }, ports });

    expect(await detectIn(made, serviceUnreachable)).toEqual([]);
  });

  function behind(targetPort: string, details: (now: number) => FakeDetails) {
    const made = world({ app: 'orders' }, { name: 'other' });
    const ports = [{ name: 'http', port: 80, targetPort }];
    made.cluster.addService({
      namespace: 'shop',
      name: 'orders',
      clusterIp: '10.0.0.1',
      selector: { app: 'orders' },
      ports,
    });
    made.cluster.setDetails({ object: object([{ name: 'http', containerPort: 8080 }]), ...details(made.now) });
    return made;
  }

  it.each<[string, string, FakeDetails, number]>([
    ['a number', '8081', { endpoints: { ready: 3, notReady: 0, ports: [8081] } }, 0.75],
    ['a name', 'web', { endpoints: { ready: 0, notReady: 0, ports: [] } }, 0.9],
  ])('names a wrong port and the patch: %s', async (_, targetPort, details, confidence) => {
    expect(
      await detectIn(
        behind(targetPort, () => details),
        serviceUnreachable,
      ),
    ).toMatchObject([
      {
        confidence,
        summary: `Deployment shop/orders: Service shop/orders leads port 80 to ${targetPort}, its containers listen on 8080 (http)`,
        mend: `kubectl -n shop patch service orders --type=json -p '[{"op":"replace","path":"/spec/ports/0/targetPort","value":8080}]'`,
      },
    ]);
  });

  it('names a new policy that lets nothing in, and since when', async () => {
    const made = behind('http', (now) => ({ networkPolicies: [policy(now)] }));

    const found = await detectIn(made, serviceUnreachable);

    expect(found[0]).toMatchObject({
      confidence: 0.85,
      change: { what: 'NetworkPolicy deny created', at: made.now - HOUR_MS },
      mend: 'kubectl -n shop delete networkpolicy deny',
    });
  });

  it.each<[string, string, (now: number) => FakeDetails]>([
    ['the right port by name', 'http', () => ({})],
    ['the right port by number', '8080', () => ({})],
    ['containers that declare no ports', '9', () => ({ object: object([]) })],
    ['a policy of long ago', 'http', (now) => ({ networkPolicies: [policy(now, { createdAt: now - 9 * HOUR_MS })] })],
    ['a policy for other pods', 'http', (now) => ({ networkPolicies: [policy(now, { podSelector: { app: 'web' } })] })],
    ['a policy that lets something in', 'http', (now) => ({ networkPolicies: [policy(now, { ingressRules: 1 })] })],
    [
      'another policy lets something in',
      'http',
      (now) => ({ networkPolicies: [policy(now), policy(now, { name: 'allow', ingressRules: 1 })] }),
    ],
    ['a policy with expressions', 'http', (now) => ({ networkPolicies: [policy(now, { hasExpressions: true })] })],
    [
      'a policy about traffic that goes out',
      'http',
      (now) => ({ networkPolicies: [policy(now, { ingressRules: null, egressRules: 0 })] }),
    ],
  ])('finds nothing: %s', async (_, targetPort, details) => {
    expect(await detectIn(behind(targetPort, details), serviceUnreachable)).toEqual([]);
  });
});

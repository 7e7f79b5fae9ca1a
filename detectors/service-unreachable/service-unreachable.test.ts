import { describe, expect, it } from 'vitest';
import { NO_RESOURCES } from '../../src/ports/cluster.ts';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
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

import { describe, expect, it } from 'vitest';
import { fakeCluster, fakeWorkload } from '../../test/fakes/cluster.ts';
import { resolveSubject } from './resolve-subject.ts';

const cluster = fakeCluster(() => 0);
cluster.addWorkload(fakeWorkload({ subject: { name: 'orders' } }));
cluster.addWorkload(fakeWorkload({ subject: { name: 'db', kind: 'StatefulSet' } }));
cluster.addWorkload(fakeWorkload({ subject: { name: 'agent', kind: 'DaemonSet' } }));
cluster.addWorkload(fakeWorkload({ subject: { name: 'web-a' }, selector: { app: 'web', slot: 'a' } }));
cluster.addWorkload(fakeWorkload({ subject: { name: 'web-b' }, selector: { app: 'web', slot: 'b' } }));
cluster.addWorkload(fakeWorkload({ subject: { name: 'exporter', namespace: 'monitoring', uid: 'uid-exporter' } }));
const service = (name: string, selector: Record<string, string>) => ({
  namespace: 'shop',
  name,
  clusterIp: null,
  selector,
});
cluster.addService(service('orders-svc', { app: 'orders' }));
cluster.addService(service('web', { app: 'web' }));
cluster.addService(service('headless', {}));

const ORDERS_POD = 'orders-7d9f8c6b5d-x2k4b';
const EXPORTER_POD = 'exporter-7d9f8c6b5d-x2k4b';

describe('the workload that labels are about', () => {
  it.each<[string, Record<string, string>, string | null]>([
    ['a pod', { namespace: 'shop', pod: ORDERS_POD }, 'orders'],
    ['a pod of a StatefulSet', { namespace: 'shop', pod: 'db-1' }, 'db'],
    ['a Deployment', { namespace: 'shop', deployment: 'orders' }, 'orders'],
    ['a StatefulSet', { namespace: 'shop', statefulset: 'db' }, 'db'],
    ['a DaemonSet', { namespace: 'shop', daemonset: 'agent' }, 'agent'],
    ['OpenTelemetry names', { k8s_namespace_name: 'shop', k8s_deployment_name: 'orders' }, 'orders'],
    ['workload and type', { namespace: 'shop', workload: 'db', workload_type: 'statefulset' }, 'db'],
    ['workload of another type', { namespace: 'shop', workload: 'db', workload_type: 'deployment' }, null],
    ['workload alone', { namespace: 'shop', workload: 'orders' }, 'orders'],
    [
      'what an exporter says of another',
      { namespace: 'monitoring', pod: EXPORTER_POD, exported_namespace: 'shop', exported_pod: ORDERS_POD },
      'orders',
    ],
    [
      'an exporter that names a Deployment',
      { namespace: 'monitoring', pod: EXPORTER_POD, exported_namespace: 'shop', deployment: 'orders' },
      'orders',
    ],
    [
      'a Deployment in the namespace of the exporter',
      { namespace: 'shop', pod: 'db-0', deployment: 'orders' },
      'orders',
    ],
    ['an exporter itself', { namespace: 'monitoring', pod: EXPORTER_POD }, 'exporter'],
    ['an app that is one workload', { namespace: 'shop', app: 'orders' }, 'orders'],
    ['a Service that selects one workload', { namespace: 'shop', service: 'orders-svc' }, 'orders'],
    ['a Service that selects two', { namespace: 'shop', service: 'web' }, null],
    ['a Service without selector', { namespace: 'shop', service: 'headless' }, null],
    ['app and service that disagree', { namespace: 'shop', app: 'orders', service: 'db' }, null],
    ['a pod that is not there', { namespace: 'shop', pod: 'orders-x' }, null],
    ['a pod of another namespace', { namespace: 'monitoring', pod: ORDERS_POD }, null],
    ['a Deployment that is not there', { namespace: 'shop', deployment: 'orders"} or vector(1)' }, null],
    ['no namespace', { deployment: 'orders' }, null],
    ['an empty namespace', { namespace: '', deployment: 'orders' }, null],
    ['nothing', {}, null],
  ])('%s', (_name, labels, expected) => {
    expect(resolveSubject(labels, cluster.reader)?.subject.name ?? null).toBe(expected);
  });
});

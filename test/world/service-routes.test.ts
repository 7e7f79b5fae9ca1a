import { expect, test } from 'vitest';
import type { EndpointSlice, Service } from './kube/types.ts';
import { serviceRoutes } from './service-routes.ts';

const service: Service = {
  metadata: { name: 'orders', namespace: 'shop' },
  spec: { clusterIP: '10.96.0.12', ports: [{ name: 'http', port: 80 }] },
};

type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];

function slice(endpoints: readonly Endpoint[], more: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    metadata: { name: 's', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'orders' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080 }],
    endpoints,
    ...more,
  };
}

const ready = (host: string): Endpoint => ({ addresses: [host], conditions: { ready: true, serving: true } });
const unready = (host: string): Endpoint => ({ addresses: [host], conditions: { ready: false, serving: false } });
const ending = (host: string): Endpoint => ({
  addresses: [host],
  conditions: { ready: false, serving: true, terminating: true },
});

function hosts(slices: readonly EndpointSlice[]): string[] | undefined {
  return serviceRoutes([service], slices)[0]?.endpoints.map((it) => it.host);
}

test('the address of the Service leads to the target port of each ready endpoint, over all slices', () => {
  const routes = serviceRoutes([service], [slice([ready('10.244.1.3')]), slice([ready('10.244.1.2')])]);

  expect(routes).toEqual([
    {
      host: '10.96.0.12',
      port: 80,
      endpoints: [
        { host: '10.244.1.2', port: 8080 },
        { host: '10.244.1.3', port: 8080 },
      ],
    },
  ]);
});

test.each([
  { endpoints: [ready('a'), unready('b'), ending('c')], seen: ['a'] },
  { endpoints: [unready('b'), ending('c')], seen: ['c'] },
  { endpoints: [unready('b')], seen: [] },
  { endpoints: [{ addresses: ['d'] }], seen: ['d'] },
])('case %#: endpoints $seen', ({ endpoints, seen }) => {
  expect(hosts([slice(endpoints)])).toEqual(seen);
});

test.each([
  { what: 'another namespace', more: { metadata: { ...slice([]).metadata, namespace: 'other' } } },
  { what: 'another Service', more: { metadata: { name: 's', namespace: 'shop', labels: {} } } },
  { what: 'IPv6', more: { addressType: 'IPv6' } },
  { what: 'another port', more: { ports: [{ name: 'metrics', port: 9090 }] } },
] as const)('a slice of $what does not count', ({ more }) => {
  expect(hosts([slice([ready('a')], more)])).toEqual([]);
});

test('a headless Service has no route', () => {
  expect(serviceRoutes([{ ...service, spec: { ...service.spec, clusterIP: 'None' } }], [])).toEqual([]);
});

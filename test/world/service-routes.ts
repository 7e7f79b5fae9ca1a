import type { EndpointSlice, Service } from './kube/types.ts';

/** Where connections to one address and port of a Service go. */
export interface Route {
  readonly host: string;
  readonly port: number;
  readonly endpoints: readonly { host: string; port: number }[];
}

const SERVICE_NAME = 'kubernetes.io/service-name';

/**
 * The rules of kube-proxy: endpoints that are ready, and only where there is none, those that still serve while they end. TCP over
 * IPv4; a headless Service has no address and so no route.
 */
export function serviceRoutes(services: readonly Service[], slices: readonly EndpointSlice[]): readonly Route[] {
  const routes: Route[] = [];
  for (const { metadata, spec } of services) {
    const host = spec?.clusterIP;
    if (host === undefined || host === '' || host === 'None') continue;
    const own = slices.filter(
      (it) =>
        it.addressType === 'IPv4' &&
        it.metadata.namespace === metadata.namespace &&
        it.metadata.labels?.[SERVICE_NAME] === metadata.name,
    );
    for (const port of spec?.ports ?? []) {
      if ((port.protocol ?? 'TCP') !== 'TCP') continue;
      const ready = endpointsOf(own, port.name, (it) => it.ready !== false);
      const ending = () => endpointsOf(own, port.name, (it) => it.serving === true && it.terminating === true);
      routes.push({ host, port: port.port, endpoints: ready.length > 0 ? ready : ending() });
    }
  }
  return routes;
}

type Conditions = NonNullable<NonNullable<EndpointSlice['endpoints']>[number]['conditions']>;

function endpointsOf(slices: readonly EndpointSlice[], name = '', accept: (conditions: Conditions) => boolean) {
  const endpoints: { host: string; port: number }[] = [];
  for (const slice of slices) {
    const port = slice.ports?.find((it) => (it.name ?? '') === name)?.port;
    if (port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const [host] = endpoint.addresses;
      if (host !== undefined && accept(endpoint.conditions ?? {})) endpoints.push({ host, port });
    }
  }
  return endpoints.sort((a, b) => a.host.localeCompare(b.host) || a.port - b.port);
}

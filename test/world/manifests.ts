import { join } from 'node:path';
import { WORLD_IMAGES } from './kubelet/runtime.ts';

export const SHOP_NAMESPACE = 'shop';
export const SHOP_SERVICES = ['web', 'orders', 'catalog'] as const;
export type ShopServiceName = (typeof SHOP_SERVICES)[number];

/** What may differ between two runs of one service. */
export interface ShopServiceOptions {
  readonly replicas: number;
  /** Connections per process; web has no database. */
  readonly poolMax?: number;
  readonly workMs: number;
  readonly queryMs?: number;
  readonly connectionTimeoutMs?: number;
}

export type ShopOptions = Readonly<Record<ShopServiceName, ShopServiceOptions>>;

/** A shop at ease at some 40 requests a second, with database connections to spare. */
export const QUIET_SHOP: ShopOptions = {
  web: { replicas: 2, workMs: 2 },
  orders: { replicas: 2, workMs: 2, poolMax: 4, queryMs: 10, connectionTimeoutMs: 3_000 },
  catalog: { replicas: 1, workMs: 1, poolMax: 4, queryMs: 2, connectionTimeoutMs: 3_000 },
};

const PORT = 8080;
/** Chosen here, inside the Service network, so that the services can be told of each other before any of them exists. */
const CLUSTER_IPS: Readonly<Record<ShopServiceName, string>> = {
  web: '10.96.0.11',
  orders: '10.96.0.12',
  catalog: '10.96.0.13',
};

export function shopUrl(service: ShopServiceName): string {
  return `http://${CLUSTER_IPS[service]}:${PORT}`;
}

export function shopDeployment(service: ShopServiceName, options: ShopServiceOptions, databaseUrl: string) {
  const labels = { app: service };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: service, namespace: SHOP_NAMESPACE, labels },
    spec: {
      replicas: options.replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels,
          annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(PORT) },
        },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 10,
          containers: [shopContainer(service, options, databaseUrl)],
        },
      },
    },
  };
}

function shopContainer(service: ShopServiceName, options: ShopServiceOptions, databaseUrl: string) {
  const usesDatabase = service !== 'web';
  const values: Readonly<Record<string, string | number | undefined>> = {
    SERVICE: service,
    PORT,
    WORK_MS: options.workMs,
    QUERY_MS: options.queryMs,
    POOL_MAX: options.poolMax,
    CONNECTION_TIMEOUT_MS: options.connectionTimeoutMs,
    DATABASE_URL: usesDatabase ? databaseUrl : undefined,
    ORDERS_URL: service === 'web' ? shopUrl('orders') : undefined,
    CATALOG_URL: service === 'orders' ? shopUrl('catalog') : undefined,
  };
  const env = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value: String(value) }],
  );
  const probe = (path: string) => ({ httpGet: { path, port: 'http' }, periodSeconds: 1, timeoutSeconds: 1 });
  return {
    name: service,
    image: `${WORLD_IMAGES}shop:1`,
    command: [process.execPath, join(import.meta.dirname, 'shop', 'main.ts')],
    ports: [{ name: 'http', containerPort: PORT }],
    env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }, ...env],
    resources: { requests: { cpu: '100m', memory: '64Mi' } },
    startupProbe: { ...probe('/healthz'), failureThreshold: 60 },
    readinessProbe: probe('/readyz'),
    livenessProbe: { ...probe('/healthz'), periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 6 },
  };
}

export function shopService(service: ShopServiceName) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: service, namespace: SHOP_NAMESPACE, labels: { app: service } },
    spec: {
      clusterIP: CLUSTER_IPS[service],
      selector: { app: service },
      ports: [{ name: 'http', port: PORT, targetPort: 'http' }],
    },
  };
}

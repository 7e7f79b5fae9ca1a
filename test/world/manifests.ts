import { join } from 'node:path';
import { WORLD_IMAGES } from './kubelet/runtime.ts';
import type { FaultChange } from './shop/faults.ts';

export const SHOP_NAMESPACE = 'shop';
/** Outside the shop: a provider that nobody here may repair. */
export const PAYMENTS_NAMESPACE = 'payments';
/** reports stands beside the shop and serves nobody: a world has it only where a fault asks for it. */
export const SHOP_SERVICES = ['web', 'orders', 'catalog', 'payments', 'reports'] as const;
export type ShopServiceName = (typeof SHOP_SERVICES)[number];

export function namespaceOf(service: ShopServiceName): string {
  return service === 'payments' ? PAYMENTS_NAMESPACE : SHOP_NAMESPACE;
}

/** What may differ between two runs of one service. */
export interface ShopServiceOptions {
  readonly replicas: number;
  /** Connections per process; web has no database. */
  readonly poolMax?: number;
  readonly workMs: number;
  readonly queryMs?: number;
  readonly connectionTimeoutMs?: number;
  /** Limit of one call to the next service. */
  readonly callTimeoutMs?: number;
  /** Name of the release, also the tag of the image. */
  readonly release?: string;
  /** Faults that every process of this release starts with. */
  readonly faults?: FaultChange;
  /** Kubernetes quantities; without them there is no limit. */
  readonly requests?: { readonly cpu: string };
  readonly limits?: { readonly cpu?: string; readonly memory?: string };
  /** Flags of the runtime, such as `--max-old-space-size=64`. */
  readonly nodeOptions?: string;
  /** Size of a volume that all its pods share, on which it keeps a journal. */
  readonly journal?: string;
  /** Serves on port 8443 as well, with a certificate that ends in so many days, which may be part of one. */
  readonly certificateDays?: number;
}

export type ShopOptions = Readonly<Record<Exclude<ShopServiceName, 'reports'>, ShopServiceOptions>> & {
  readonly reports?: ShopServiceOptions;
};

const FIRST_RELEASE = '1.0.0';

/** A shop at ease at some 40 requests a second, with database connections to spare. */
export const QUIET_SHOP: ShopOptions = {
  web: { replicas: 2, workMs: 2 },
  orders: { replicas: 2, workMs: 2, poolMax: 4, queryMs: 10, connectionTimeoutMs: 3_000 },
  catalog: { replicas: 1, workMs: 1, poolMax: 4, queryMs: 2, connectionTimeoutMs: 3_000 },
  payments: { replicas: 1, workMs: 2 },
};

const PORT = 8080;
const JOURNAL_FOLDER = '/var/lib/journal';
/** Chosen here, inside the Service network, so that the services can be told of each other before any of them exists. */
const CLUSTER_IPS: Readonly<Record<ShopServiceName, string>> = {
  web: '10.96.0.11',
  orders: '10.96.0.12',
  catalog: '10.96.0.13',
  payments: '10.96.0.14',
  reports: '10.96.0.15',
};

export function journalClaim(service: ShopServiceName): string {
  return `${service}-journal`;
}

/** Port of the TLS listener, on the same address. */
export const TLS_PORT = 8443;

export function certificateSecret(service: ShopServiceName): string {
  return `${service}-tls`;
}

export function shopUrl(service: ShopServiceName): string {
  return `http://${CLUSTER_IPS[service]}:${PORT}`;
}

export function shopDeployment(service: ShopServiceName, options: ShopServiceOptions, databaseUrl: string) {
  const labels = { app: service };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: service, namespace: namespaceOf(service), labels },
    spec: {
      replicas: options.replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels,
          annotations: {
            'prometheus.io/scrape': 'true',
            'prometheus.io/port': String(PORT),
            // Read once, at the start: another certificate takes other pods.
            ...(options.certificateDays === undefined ? {} : { 'certificate-days': String(options.certificateDays) }),
          },
        },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 10,
          containers: [shopContainer(service, options, databaseUrl)],
          ...(options.journal === undefined
            ? {}
            : { volumes: [{ name: 'journal', persistentVolumeClaim: { claimName: journalClaim(service) } }] }),
        },
      },
    },
  };
}

function shopContainer(service: ShopServiceName, options: ShopServiceOptions, databaseUrl: string) {
  const usesDatabase = service === 'orders' || service === 'catalog';
  const release = options.release ?? FIRST_RELEASE;
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
    PAYMENTS_URL: service === 'orders' ? shopUrl('payments') : undefined,
    CALL_TIMEOUT_MS: options.callTimeoutMs,
    RELEASE: release,
    FAULTS: options.faults === undefined ? undefined : JSON.stringify(options.faults),
    NODE_OPTIONS: options.nodeOptions,
    JOURNAL_FOLDER: options.journal === undefined ? undefined : JOURNAL_FOLDER,
  };
  const env = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value: String(value) }],
  );
  const fromSecret = (name: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: certificateSecret(service), key } },
  });
  const tls =
    options.certificateDays === undefined ? [] : [fromSecret('TLS_CERT', 'tls.crt'), fromSecret('TLS_KEY', 'tls.key')];
  const probe = (path: string) => ({ httpGet: { path, port: 'http' }, periodSeconds: 1, timeoutSeconds: 1 });
  return {
    name: service,
    image: `${WORLD_IMAGES}shop:${release}`,
    command: [process.execPath, join(import.meta.dirname, 'shop', 'main.ts')],
    ports: [{ name: 'http', containerPort: PORT }],
    env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }, ...env, ...tls],
    ...(options.journal === undefined ? {} : { volumeMounts: [{ name: 'journal', mountPath: JOURNAL_FOLDER }] }),
    resources: {
      requests: { cpu: '100m', memory: '64Mi', ...options.requests },
      ...(options.limits ? { limits: options.limits } : {}),
    },
    startupProbe: { ...probe('/healthz'), failureThreshold: 60 },
    readinessProbe: probe('/readyz'),
    livenessProbe: { ...probe('/healthz'), periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 6 },
  };
}

export function shopService(service: ShopServiceName) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: service, namespace: namespaceOf(service), labels: { app: service } },
    spec: {
      clusterIP: CLUSTER_IPS[service],
      selector: { app: service },
      ports: [
        { name: 'http', port: PORT, targetPort: 'http' },
        { name: 'https', port: TLS_PORT, targetPort: TLS_PORT },
      ],
    },
  };
}

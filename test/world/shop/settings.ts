import { isIP } from 'node:net';
import { z } from 'zod';
import { Faults } from './faults.ts';

export const serviceNames = ['web', 'orders', 'catalog', 'payments', 'reports'] as const;
export type ServiceName = (typeof serviceNames)[number];

const wholeMs = (fallback: number) => z.coerce.number().int().min(0).max(600_000).default(fallback);
const httpUrl = z.url({ protocol: /^https?$/ });

/** What one process of the shop reads from its environment. Unknown variables are not looked at: a pod has many. */
const Environment = z.object({
  SERVICE: z.enum(serviceNames),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  /** Address to bind. There is no default of "all interfaces": pods of the world have one address each. */
  POD_IP: z.string().refine((address) => isIP(address) !== 0, 'must be an IP address, such as 10.244.0.7'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  ORDERS_URL: httpUrl.optional(),
  CATALOG_URL: httpUrl.optional(),
  /** Outside the shop: whether an order is paid. Left out, orders does not ask. */
  PAYMENTS_URL: httpUrl.optional(),
  /** Name of the release, as a pipeline would set it: goes into logs and metrics. */
  RELEASE: z.string().min(1).max(100).default('unknown'),
  /** A second listener with TLS, where certificate and key (PEM) are given. */
  TLS_PORT: z.coerce.number().int().min(1).max(65_535).default(8443),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  POOL_MAX: z.coerce.number().int().min(1).max(1000).default(10),
  /** How long a request waits for a client of the pool. node-postgres waits for ever at 0, so 0 is not allowed. */
  CONNECTION_TIMEOUT_MS: z.coerce.number().int().min(1).max(600_000).default(3000),
  /** Time that each query spends in the server (`pg_sleep`), and so holds its client. */
  QUERY_MS: wholeMs(0),
  /** Time that each request spends outside the database and outside the processor. */
  WORK_MS: wholeMs(0),
  /** Limit of one call to the next service. */
  CALL_TIMEOUT_MS: z.coerce.number().int().min(1).max(600_000).default(5000),
  /** After SIGTERM: how long to go on accepting, so that the endpoints are withdrawn before the port closes. */
  DRAIN_MS: wholeMs(1000),
  /** Readiness asks the database too. Off by default: a sick database must not take every pod out of its Service. */
  READY_NEEDS_DATABASE: z.enum(['true', 'false']).default('false'),
  /** Folder on a volume for the journal; left out, none is kept. */
  JOURNAL_FOLDER: z.string().startsWith('/').optional(),
  /** JSON of faults to start with, so that a bad release can be a change of the pod template. */
  FAULTS: z.string().default('{}'),
});

export interface Settings {
  service: ServiceName;
  port: number;
  address: string;
  databaseUrl: string | undefined;
  ordersUrl: string | undefined;
  catalogUrl: string | undefined;
  paymentsUrl: string | undefined;
  release: string;
  tls: { port: number; cert: string; key: string } | undefined;
  poolMax: number;
  connectionTimeoutMs: number;
  queryMs: number;
  workMs: number;
  callTimeoutMs: number;
  drainMs: number;
  readyNeedsDatabase: boolean;
  journalFolder: string | undefined;
  faults: Faults;
}

const neededBy: Record<ServiceName, readonly ('DATABASE_URL' | 'ORDERS_URL' | 'CATALOG_URL')[]> = {
  web: ['ORDERS_URL'],
  orders: ['DATABASE_URL', 'CATALOG_URL'],
  catalog: ['DATABASE_URL'],
  payments: [],
  reports: [],
};

/** Throws with one line per wrong variable. Values are not repeated: DATABASE_URL may hold a password. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  }
  const e = parsed.data;
  const missing = neededBy[e.SERVICE].filter((name) => e[name] === undefined);
  if (missing.length > 0) {
    throw new Error(missing.map((name) => `${name}: must be set for SERVICE=${e.SERVICE}`).join('\n'));
  }
  return {
    service: e.SERVICE,
    port: e.PORT,
    address: e.POD_IP,
    databaseUrl: e.DATABASE_URL,
    ordersUrl: e.ORDERS_URL,
    catalogUrl: e.CATALOG_URL,
    paymentsUrl: e.PAYMENTS_URL,
    release: e.RELEASE,
    tls: e.TLS_CERT && e.TLS_KEY ? { port: e.TLS_PORT, cert: e.TLS_CERT, key: e.TLS_KEY } : undefined,
    poolMax: e.POOL_MAX,
    connectionTimeoutMs: e.CONNECTION_TIMEOUT_MS,
    queryMs: e.QUERY_MS,
    workMs: e.WORK_MS,
    callTimeoutMs: e.CALL_TIMEOUT_MS,
    drainMs: e.DRAIN_MS,
    readyNeedsDatabase: e.READY_NEEDS_DATABASE === 'true',
    journalFolder: e.JOURNAL_FOLDER,
    faults: readStartFaults(e.FAULTS),
  };
}

function readStartFaults(text: string): Faults {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error('FAULTS: must be a JSON object, such as {"errorRate":0.2}', { cause });
  }
  const parsed = Faults.safeParse(value);
  if (!parsed.success) throw new Error(`FAULTS: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

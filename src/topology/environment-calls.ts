import { isIP } from 'node:net';
import type { CallKind } from '../domain/call-graph.ts';
import type { WorkloadView } from '../ports/cluster.ts';

/** What one environment variable points at. User name, password, path and query are dropped here and never kept. */
export interface ConfiguredCall {
  readonly kind: CallKind;
  /** Host as written, without port. */
  readonly host: string;
  /** Product by the scheme, `postgresql`; empty for plain hosts. */
  readonly product: string;
}

const SCHEMES: Readonly<Record<string, { kind: CallKind; product: string }>> = {
  http: { kind: 'request', product: '' },
  https: { kind: 'request', product: '' },
  grpc: { kind: 'request', product: '' },
  grpcs: { kind: 'request', product: '' },
  postgres: { kind: 'database', product: 'postgresql' },
  postgresql: { kind: 'database', product: 'postgresql' },
  mysql: { kind: 'database', product: 'mysql' },
  mariadb: { kind: 'database', product: 'mariadb' },
  sqlserver: { kind: 'database', product: 'mssql' },
  oracle: { kind: 'database', product: 'oracle' },
  mongodb: { kind: 'database', product: 'mongodb' },
  'mongodb+srv': { kind: 'database', product: 'mongodb' },
  redis: { kind: 'database', product: 'redis' },
  rediss: { kind: 'database', product: 'redis' },
  memcached: { kind: 'database', product: 'memcached' },
  cassandra: { kind: 'database', product: 'cassandra' },
  clickhouse: { kind: 'database', product: 'clickhouse' },
  amqp: { kind: 'queue', product: 'rabbitmq' },
  amqps: { kind: 'queue', product: 'rabbitmq' },
  kafka: { kind: 'queue', product: 'kafka' },
  nats: { kind: 'queue', product: 'nats' },
  pulsar: { kind: 'queue', product: 'pulsar' },
};

/** A name that says that its value is an address, where the value has no scheme. */
const ADDRESS_NAME = /(^|_)(HOST|HOSTS|HOSTNAME|ADDR|ADDRESS|ENDPOINT|ENDPOINTS|SERVERS?|BROKERS?|PGHOST|URL|URI)$/;
/** Conventional names whose value is a database or a queue. */
const DATABASE_NAME = /(^|_)(DB|DATABASE|PG|POSTGRES|POSTGRESQL|MYSQL|MARIADB|MONGO|MONGODB|REDIS|CACHE)(_|$)|^PGHOST$/;
const QUEUE_NAME = /(^|_)(AMQP|RABBIT|RABBITMQ|KAFKA|BROKERS?|NATS|QUEUE)(_|$)/;
const MAX_VALUE = 2_000;
const HOST = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** The calls that the literal environment of a workload's containers is configured for. Linear in the length of the values. */
export function configuredCalls(workload: Pick<WorkloadView, 'containers'>): readonly ConfiguredCall[] {
  return workload.containers.flatMap(({ env }) =>
    Object.entries(env).flatMap(([name, value]) => (value.length > MAX_VALUE ? [] : callsOfVariable(name, value))),
  );
}

function callsOfVariable(name: string, value: string): readonly ConfiguredCall[] {
  const text = value.trim().replace(/^jdbc:/, '');
  const scheme = /^([a-z][a-z0-9+.-]{0,30}):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined) {
    const known = SCHEMES[scheme];
    return known ? hostsOf(text.slice(scheme.length + 3)).map((host) => ({ ...known, host })) : [];
  }
  if (!ADDRESS_NAME.test(name)) return [];
  const kind = DATABASE_NAME.test(name) ? 'database' : QUEUE_NAME.test(name) ? 'queue' : 'request';
  return hostsOf(text).map((host) => ({ kind, product: '', host }));
}

/** Hosts of `user:password@one:1,two:2/path?query`; what is no host is dropped. */
function hostsOf(text: string): readonly string[] {
  const authority = /^[^/?#\s]*/.exec(text)?.[0] ?? '';
  const places = authority.slice(authority.lastIndexOf('@') + 1);
  return places
    .split(',')
    .map((place) => /^\[([0-9a-f:.]+)\]/i.exec(place)?.[1] ?? place.replace(/:\d{1,5}$/, ''))
    .map((host) => host.toLowerCase().replace(/\.$/, ''))
    .filter((host) => HOST.test(host) || isIP(host) !== 0)
    .filter((host) => host !== 'localhost' && host !== '::1' && !host.startsWith('127.') && host !== '0.0.0.0');
}

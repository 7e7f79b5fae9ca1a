import { randomBytes } from 'node:crypto';
import { appendFile, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Clock } from './clock.ts';
import { WorldError } from './errors.ts';
import { NODE_ADDRESS, POD_NETWORK, PORTS } from './network.ts';
import type { Parts } from './parts-list.ts';
import { runCommand } from './run-command.ts';
import { type OnDeath, ServerProcess } from './server-process.ts';
import type { Stops } from './stops.ts';

export interface PostgresOptions {
  readonly parts: Parts;
  readonly folder: string;
  readonly logFolder: string;
  readonly clock: Clock;
  readonly stops: Stops;
  readonly signal: AbortSignal;
  readonly onDeath: OnDeath;
  readonly maxConnections: number;
  /** SQL that makes the tables of the database `shop`, run as its owner. */
  readonly schemaFile: string;
}

export interface Postgres {
  /** As the shop connects: an ordinary role. */
  readonly shopUrl: string;
  /** As an administrator connects: through the connections that are reserved for superusers. */
  readonly adminUrl: string;
  readonly servers: () => readonly ServerProcess[];
  maxConnections(): number;
  /** Restarts the server, as this setting demands. */
  setMaxConnections(count: number): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
/** uid and gid inside the nested user namespace where there is no root; any but 0 will do, for PostgreSQL refuses that one. */
const UNPRIVILEGED_ID = 1000;

/** A cluster of its own with the shop's tables, and the exporter beside it. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { parts, folder, logFolder, clock, stops } = options;
  const data = join(folder, 'data');
  const as = await identity(parts);
  await mkdir(folder, { recursive: true });
  if (as.uid !== undefined && as.gid !== undefined) await chown(folder, as.uid, as.gid);
  const adminPassword = randomBytes(12).toString('hex');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, adminPassword, { mode: 0o600 });
  if (as.uid !== undefined && as.gid !== undefined) await chown(passwordFile, as.uid, as.gid);
  const ids = as.uid === undefined || as.gid === undefined ? {} : { uid: as.uid, gid: as.gid };
  const initdb = [...as.prefix, parts.initdb, '--pgdata', data, '--username=postgres', `--pwfile=${passwordFile}`];
  const initdbFlags = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
  await runCommand(initdb[0] ?? '', [...initdb.slice(1), ...initdbFlags], { cwd: folder, ...ids });

  const url = (user: string, password: string, database: string) =>
    `postgres://${user}:${password}@${NODE_ADDRESS}:${PORTS.postgres}/${database}`;
  const adminUrl = url('postgres', adminPassword, 'postgres');
  let maxConnections = options.maxConnections;
  let server: ServerProcess | undefined;

  async function start(): Promise<void> {
    const settings = { ...SETTINGS, max_connections: String(maxConnections) };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const command = [...as.prefix, parts.postgres, '-D', data, ...flags];
    // SIGINT ends the sessions at once; SIGTERM would wait for the clients to leave.
    const spec = { name: 'postgres', command: command[0] ?? '', args: command.slice(1), logFolder };
    server = ServerProcess.start({ ...spec, ...ids, stopSignal: 'SIGINT' }, clock, options.onDeath);
    await server.ready(() => withClient(adminUrl, async () => true), READY_TIMEOUT_MS, options.signal);
  }

  stops.add('postgres', () => server?.stop());
  // initdb lets in nobody but the machine's own loopback addresses.
  await appendFile(join(data, 'pg_hba.conf'), `host all all ${POD_NETWORK} scram-sha-256\n`);
  await start();
  const shopPassword = randomBytes(12).toString('hex');
  await makeShop(adminUrl, url('postgres', adminPassword, 'shop'), shopPassword);
  const shopUrl = url('shop', shopPassword, 'shop');
  const schema = await readFile(options.schemaFile, 'utf8');
  await withClient(shopUrl, async (client) => void (await client.query(schema)));
  const exporter = await startExporter(options, adminUrl);
  return {
    shopUrl,
    adminUrl,
    servers: () => (server ? [server, exporter] : [exporter]),
    maxConnections: () => maxConnections,
    async setMaxConnections(count) {
      maxConnections = count;
      await server?.stop();
      await start();
    },
  };
}

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: NODE_ADDRESS,
  port: String(PORTS.postgres),
  // TCP only: a socket file would need a folder of its own.
  unix_socket_directories: '',
  shared_preload_libraries: 'pg_stat_statements',
  log_connections: 'off',
  // The world does not outlive its run.
  fsync: 'off',
  full_page_writes: 'off',
};

/** PostgreSQL refuses to run as root: with root, the user postgres runs it; without, a nested user namespace gives another number. */
async function identity(parts: Parts): Promise<{ prefix: string[]; uid?: number; gid?: number }> {
  if (await isRealRoot()) {
    const id = async (flag: string) => Number((await runCommand('id', [flag, 'postgres'])).trim());
    const [uid, gid] = await Promise.all([id('-u'), id('-g')]).catch((error: unknown) => {
      throw new WorldError('missing-part', 'missing: the user postgres (apt-get install postgresql-15 makes it)', {
        cause: error,
      });
    });
    return { prefix: [], uid, gid };
  }
  const flags = ['--user', `--map-user=${UNPRIVILEGED_ID}`, `--map-group=${UNPRIVILEGED_ID}`];
  return { prefix: [parts.unshare, ...flags] };
}

/** Root of a user namespace is uid 0 as well, but maps a single number: it can not become anybody else. */
async function isRealRoot(): Promise<boolean> {
  const map = await readFile('/proc/self/uid_map', 'utf8');
  return process.getuid?.() === 0 && Number(map.trim().split(/\s+/)[2]) > 1;
}

async function makeShop(adminUrl: string, shopAdminUrl: string, shopPassword: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    await client.query(`create role shop login password '${shopPassword}'`);
    await client.query('create database shop owner shop');
  });
  await withClient(shopAdminUrl, async (client) => void (await client.query('create extension pg_stat_statements')));
}

/**
 * The exporter takes a reserved connection: with an ordinary role it would be refused together with everyone else, in the very
 * moment in which its figures are needed.
 */
async function startExporter(options: PostgresOptions, adminUrl: string): Promise<ServerProcess> {
  const address = `${NODE_ADDRESS}:${PORTS.postgresExporter}`;
  const server = ServerProcess.start(
    {
      name: 'postgres-exporter',
      command: options.parts['postgres-exporter'],
      args: [`--web.listen-address=${address}`],
      env: { DATA_SOURCE_NAME: `${adminUrl}?sslmode=disable` },
      logFolder: options.logFolder,
    },
    options.clock,
    options.onDeath,
  );
  options.stops.add('postgres-exporter', () => server.stop());
  const isUp = async () => /^pg_up 1$/m.test(await (await fetch(`http://${address}/metrics`)).text());
  await server.ready(isUp, READY_TIMEOUT_MS, options.signal);
  return server;
}

/** One connection for one piece of work. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A server that ends the connection under us is told to the query that runs, not to the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

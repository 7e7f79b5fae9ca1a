import type { CauseReason } from '../domain/reason.ts';

/** A number that a signature contains, by the literal that stands before it. */
export interface LoggedFigure {
  /** Name of the figure; it begins with `logged`, so that nobody takes it for something that was measured. */
  readonly name: string;
  readonly after: string;
  /** What one of it is in the base unit: 0.001 for milliseconds. */
  readonly times?: number;
}

/** A text that programs are known to log when something certain is wrong. */
export interface Signature {
  readonly id: string;
  /** Null: it is known, and it is the effect of something that the text does not name, or no cause of the closed list. */
  readonly reason: CauseReason | null;
  readonly says: string;
  /** Any of these; each a list of literals that follow one another. Lower case, white space as one blank. */
  readonly texts: readonly (readonly string[])[];
  readonly figures?: readonly LoggedFigure[];
}

const ms = (after: string, name = 'loggedTimeoutSeconds'): LoggedFigure => ({ name, after, times: 0.001 });
const seconds = (after: string, name = 'loggedTimeoutSeconds'): LoggedFigure => ({ name, after });
const size = (after: string): LoggedFigure => ({ name: 'loggedPoolSize', after });
const inUse = (after: string): LoggedFigure => ({ name: 'loggedInUse', after });
const waiting = (after: string): LoggedFigure => ({ name: 'loggedWaiting', after });

/** The texts of the server may be translated; its codes never are. As drivers and loggers write them. */
function sqlstate(code: string): readonly (readonly string[])[] {
  const written = code.toLowerCase();
  return [`sqlstate ${written}`, `sqlstate: ${written}`, `sqlstate=${written}`, `sqlstate[${written}]`]
    .concat([
      `code: '${written}'`,
      `code: "${written}"`,
      `"code":"${written}"`,
      `"code": "${written}"`,
      `code=${written}`,
    ])
    .map((text) => [text]);
}

function waits(id: string, by: string, texts: readonly string[], figures: readonly LoggedFigure[] = []): Signature {
  const says = `requests wait in vain for a connection of the pool of ${by}`;
  return { id, reason: 'connection-pool-waiting', says, texts: texts.map((text) => [text]), figures };
}

function told(reason: CauseReason | null, id: string, says: string, ...texts: readonly string[]): Signature {
  return { id, reason, says, texts: texts.map((text) => [text]) };
}

/** Clients that wait for their own pool. */
const POOLS: readonly Signature[] = [
  waits(
    'hikaricp',
    'HikariCP',
    ['connection is not available, request timed out after'],
    [ms('request timed out after '), size('(total='), inUse('active='), waiting('waiting=')],
  ),
  waits('pg-pool', 'node-postgres', ['timeout exceeded when trying to connect']),
  waits('knex', 'Knex', ['knex: timeout acquiring a connection']),
  waits('sequelize', 'Sequelize', ['sequelizeconnectionacquiretimeouterror']),
  waits('mysql2', 'mysql2', ['no connections available.', 'queue limit reached.']),
  waits('generic-pool', 'generic-pool', ['resourcerequest timed out']),
  waits(
    'prisma',
    'Prisma',
    ['timed out fetching a new connection from the connection pool'],
    [seconds('connection pool timeout: '), size('connection limit: ')],
  ),
  {
    ...waits('sqlalchemy', 'SQLAlchemy', []),
    texts: [['queuepool limit of size', 'reached, connection timed out']],
    figures: [
      size('queuepool limit of size '),
      { name: 'loggedOverflow', after: 'overflow ' },
      seconds('timed out, timeout '),
    ],
  },
  waits('psycopg-pool', 'psycopg', ["couldn't get a connection after"], [seconds("couldn't get a connection after ")]),
  waits('psycopg2-pool', 'psycopg2', ['connection pool exhausted']),
  waits(
    'mongodb',
    'the MongoDB driver',
    [
      'timed out while checking out a connection from connection pool',
      'timed out during connection checkout',
      'waitqueuetimeouterror',
    ],
    [size('maxpoolsize: ')],
  ),
  waits('jedis', 'Jedis', ['could not get a resource from the pool']),
  waits('go-redis', 'go-redis', ['redis: connection pool timeout']),
  waits('sqlclient', '.NET SqlClient', ['timeout period elapsed prior to obtaining a connection from the pool']),
  waits(
    'npgsql',
    'Npgsql',
    ['the connection pool has been exhausted'],
    [
      size("'max pool size' (currently "),
      size('maxpoolsize (currently '),
      seconds("'timeout' (currently "),
      seconds('or timeout (currently '),
    ],
  ),
  waits(
    'tomcat-jdbc',
    'Tomcat JDBC',
    ['pool empty. unable to fetch a connection in'],
    [seconds('unable to fetch a connection in '), size('[size:'), inUse('busy:')],
  ),
  waits('dbcp2', 'DBCP', ['cannot get a connection, pool error timeout waiting for idle object']),
  waits('c3p0', 'c3p0', ['an attempt by a client to checkout a connection has timed out']),
  waits('agroal', 'Agroal', ['acquisition timeout while waiting for new connection']),
  waits('r2dbc', 'R2DBC', ['connection acquisition timed out after'], [ms('connection acquisition timed out after ')]),
  waits(
    'active-record',
    'Active Record',
    ['could not obtain a connection from the pool within'],
    [seconds('from the pool within ')],
  ),
  waits(
    'ecto',
    'Ecto',
    ['connection not available and request was dropped from queue after'],
    [ms('dropped from queue after ')],
  ),
  waits('sqlx', 'sqlx', ['pool timed out while waiting for an open connection']),
];

const FULL = 'the database server has no connection left to give';
/** Servers that refuse. */
const SERVERS: readonly Signature[] = [
  {
    id: 'postgres-full',
    reason: 'database-connections-exhausted',
    says: FULL,
    texts: [
      ['sorry, too many clients already'],
      ['remaining connection slots are reserved'],
      ['too many connections for role'],
      ['too many connections for database'],
      ['too many database connections opened'],
      ...sqlstate('53300'),
    ],
  },
  told(
    'database-connections-exhausted',
    'mysql-full',
    FULL,
    'too many connections',
    'max_user_connections',
    'er_con_count_error',
  ),
  told(
    'database-connections-exhausted',
    'pgbouncer-full',
    'PgBouncer has no connection left to give',
    'no more connections allowed (max_client_conn)',
    'query_wait_timeout',
  ),
  told(
    'database-connections-exhausted',
    'redis-full',
    'Redis has no connection left to give',
    'err max number of clients reached',
  ),
];

const LOCKED = 'database sessions wait for a lock, or for one another';
const WORK: readonly Signature[] = [
  {
    id: 'postgres-lock',
    reason: 'lock-waits',
    says: LOCKED,
    texts: [
      ['deadlock detected'],
      ['canceling statement due to lock timeout'],
      ['still waiting for', 'lock on', ' after '],
      ...sqlstate('40P01'),
      ...sqlstate('55P03'),
    ],
  },
  told(
    'lock-waits',
    'mysql-lock',
    LOCKED,
    'lock wait timeout exceeded; try restarting transaction',
    'deadlock found when trying to get lock',
  ),
  {
    id: 'statement-timeout',
    reason: 'slow-query',
    says: 'statements are cancelled for taking too long',
    texts: [['canceling statement due to statement timeout'], ...sqlstate('57014')],
  },
  {
    id: 'postgres-slow',
    reason: 'slow-query',
    says: 'the database server logs statements that take long',
    texts: ['statement: ', 'execute ', 'parse ', 'bind ', 'plan:'].map((kind) => ['duration: ', ` ms ${kind}`]),
    figures: [ms('duration: ', 'loggedStatementSeconds')],
  },
  {
    id: 'mysql-slow',
    reason: 'slow-query',
    says: 'the database server logs statements that take long',
    texts: [['# query_time: ', 'lock_time: ', 'rows_examined: ']],
    figures: [
      seconds('# query_time: ', 'loggedStatementSeconds'),
      { name: 'loggedRowsExamined', after: 'rows_examined: ' },
    ],
  },
  {
    id: 'idle-in-transaction',
    reason: 'connection-leak',
    says: 'transactions are left open, and the database server ends their sessions',
    texts: [['terminating connection due to idle-in-transaction timeout'], ...sqlstate('25P03')],
  },
  told(
    'connection-leak',
    'hikaricp-leak',
    'HikariCP sees connections that are not given back',
    'connection leak detection triggered',
  ),
];

const CALLS: readonly Signature[] = [
  // As HTTP clients write it: axios, requests, Spring's RestTemplate and WebClient, Feign, got and ky.
  told(
    null,
    'callee-failed',
    'a call was answered with a failure of the callee',
    'request failed with status code 5',
    'server error for url:',
    'httpservererrorexception',
    'webclientresponseexception$internalservererror',
    'webclientresponseexception$badgateway',
    'webclientresponseexception$serviceunavailable',
    'feignexception$internalservererror',
    'feignexception$badgateway',
    'feignexception$serviceunavailable',
    'httperror: response code 5',
    'request failed with status code: 5',
  ),
];

const MACHINE: readonly Signature[] = [
  told(
    'out-of-memory',
    'node-heap',
    "the heap of Node.js reaches its own limit, which is not the container's",
    'javascript heap out of memory',
    'reached heap limit allocation failed',
  ),
  told(
    'out-of-memory',
    'java-heap',
    "the memory of the Java machine reaches its own limit, which is not the container's",
    'java.lang.outofmemoryerror',
  ),
  told('out-of-memory', 'kernel-kill', 'the kernel kills for memory', 'memory cgroup out of memory'),
  told(null, 'file-watchers', 'no more files can be watched', 'system limit for number of file watchers'),
  told('disk-filling', 'disk-full', 'a volume is full', 'no space left on device', 'enospc'),
  told(
    'certificate-expiring',
    'certificate-expired',
    'a certificate has ended',
    'certificate has expired',
    'certificate expired',
    'cert_has_expired',
    'certificate_expired',
    'certificateexpiredexception',
  ),
];

const BEHIND = 'something that it calls does not answer, or not in time';
/** Known texts that name no cause: what they tell of lies elsewhere, and no error of the code is to be made of them. */
const EFFECTS: readonly Signature[] = [
  told(
    null,
    'database-away',
    'the database does not take connections now',
    'the database system is starting up',
    'the database system is shutting down',
    'the database system is in recovery mode',
    'terminating connection due to administrator command',
    'server login has been failing',
    'client_login_timeout',
    'server selection timed out after',
    'connection terminated unexpectedly',
    'connection terminated due to connection timeout',
    'failed to initialize pool',
  ),
  told(
    null,
    'redis-away',
    'Redis does not answer, or takes nothing',
    'reached the max retries per request limit',
    "stream isn't writeable and enableofflinequeue options is false",
    "oom command not allowed when used memory > 'maxmemory'",
    'connection is closed.',
  ),
  told(
    null,
    'call-failed',
    BEHIND,
    'econnrefused',
    'econnreset',
    'etimedout',
    'enotfound',
    'eai_again',
    'ehostunreach',
    'connection refused',
    'connection reset by peer',
    'no route to host',
    'socket hang up',
    'fetch failed',
    'command timed out',
    'connect timeout error',
    'headers timeout error',
    'body timeout error',
    'operation has timed out',
    'context deadline exceeded',
    'timeout waiting for connection from pool',
    'pool#acquire(duration) has been pending for more than the configured timeout',
    'connection pool is full, discarding connection',
    'upstream',
    'bad gateway',
    'service unavailable',
    'gateway timeout',
    'request failed with status code 5',
    'answered 5',
    'responded with 5',
  ),
  told(
    null,
    'short-of-descriptors',
    'files, ports, workers or threads run out',
    'emfile',
    'too many open files',
    'eaddrnotavail',
    'worker_connections are not enough',
    'server reached pm.max_children setting',
    'thread starvation or clock leap detected',
    'out of shared memory',
  ),
  told(
    null,
    'write-conflict',
    'transactions write the same rows',
    'could not serialize access due to',
    'write conflict during plan execution',
  ),
];

/** What names a cause stands before what is its effect: the first that fits is told. */
export const SIGNATURES: readonly Signature[] = [...POOLS, ...SERVERS, ...WORK, ...CALLS, ...MACHINE, ...EFFECTS];

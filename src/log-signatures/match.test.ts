import { describe, expect, it } from 'vitest';
import { matchSignature } from './index.ts';
import { SIGNATURES } from './signatures.ts';

const WAITING = 'connection-pool-waiting';
const FULL = 'database-connections-exhausted';

/** Lines as the programs write them, with the numbers that stand in them. */
const LINES: readonly (readonly [line: string, reason: string | null, figures?: Record<string, number>])[] = [
  [
    'java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30001ms (total=10, active=10, idle=0, waiting=17)',
    WAITING,
    { loggedTimeoutSeconds: 30.001, loggedPoolSize: 10, loggedInUse: 10, loggedWaiting: 17 },
  ],
  [
    'HikariPool-1 - Connection is not available, request timed out after 30000ms.',
    WAITING,
    { loggedTimeoutSeconds: 30 },
  ],
  ['Error: timeout exceeded when trying to connect', WAITING],
  ['KnexTimeoutError: Knex: Timeout acquiring a connection. The pool is probably full.', WAITING],
  ['SequelizeConnectionAcquireTimeoutError: Operation timeout', WAITING],
  ['Error: Queue limit reached.', WAITING],
  ['TimeoutError: ResourceRequest timed out', WAITING],
  [
    'Timed out fetching a new connection from the connection pool. (More info: http://pris.ly/d/connection-pool (Current connection pool timeout: 10, connection limit: 5))',
    WAITING,
    { loggedTimeoutSeconds: 10, loggedPoolSize: 5 },
  ],
  ['Too many database connections opened: FATAL', FULL],
  [
    'sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00 (Background on this error)',
    WAITING,
    { loggedPoolSize: 5, loggedOverflow: 10, loggedTimeoutSeconds: 30 },
  ],
  ["psycopg_pool.PoolTimeout: couldn't get a connection after 30.00 sec", WAITING, { loggedTimeoutSeconds: 30 }],
  ['psycopg2.pool.PoolError: connection pool exhausted', WAITING],
  ['ERROR: no more connections allowed (max_client_conn)', FULL],
  ['FATAL: query_wait_timeout', FULL],
  ['FATAL:  sorry, too many clients already', FULL],
  ['remaining connection slots are reserved for roles with the SUPERUSER attribute', FULL],
  ['FATAL: too many connections for role "shop"', FULL],
  ["{ severity: 'FATALE', code: '53300', routine: 'InitProcess' }", FULL],
  ['ERROR 1040 (08004): Too many connections', FULL],
  ["User shop already has more than 'max_user_connections' active connections", FULL],
  ['MongoWaitQueueTimeoutError: Timed out while checking out a connection from connection pool', WAITING],
  ['ReplyError: ERR max number of clients reached', FULL],
  ['JedisConnectionException: Could not get a resource from the pool', WAITING],
  ['redis: connection pool timeout', WAITING],
  ['Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool.  This may', WAITING],
  [
    "The connection pool has been exhausted, either raise 'Max Pool Size' (currently 100) or 'Timeout' (currently 15 seconds) in your connection string.",
    WAITING,
    { loggedPoolSize: 100, loggedTimeoutSeconds: 15 },
  ],
  [
    'the connection pool has been exhausted, either raise MaxPoolSize (currently 100) or Timeout (currently 15 seconds)',
    WAITING,
    { loggedPoolSize: 100, loggedTimeoutSeconds: 15 },
  ],
  [
    'Pool empty. Unable to fetch a connection in 30 seconds, none available[size:10; busy:10; idle:0; lastwait:30000].',
    WAITING,
    { loggedTimeoutSeconds: 30, loggedPoolSize: 10, loggedInUse: 10 },
  ],
  ['Cannot get a connection, pool error Timeout waiting for idle object', WAITING],
  ['An attempt by a client to checkout a Connection has timed out.', WAITING],
  ['Acquisition timeout while waiting for new connection', WAITING],
  ['Connection acquisition timed out after 3000ms', WAITING, { loggedTimeoutSeconds: 3 }],
  [
    'could not obtain a connection from the pool within 5.000 seconds (waited 5.001 seconds); all pooled connections were in use',
    WAITING,
    { loggedTimeoutSeconds: 5 },
  ],
  ['connection not available and request was dropped from queue after 120ms', WAITING, { loggedTimeoutSeconds: 0.12 }],
  ['pool timed out while waiting for an open connection', WAITING],
  ['ERROR:  deadlock detected', 'lock-waits'],
  ['canceling statement due to lock timeout', 'lock-waits'],
  ['process 77 still waiting for ShareLock on transaction 9 after 1000.123 ms', 'lock-waits'],
  ['Lock wait timeout exceeded; try restarting transaction', 'lock-waits'],
  ['Deadlock found when trying to get lock; try restarting transaction', 'lock-waits'],
  ['ERROR: canceling statement due to statement timeout', 'slow-query'],
  ['LOG:  duration: 1234.567 ms  statement: SELECT 1', 'slow-query', { loggedStatementSeconds: 1.234567 }],
  ['duration: 2000 ms  execute S_1: SELECT', 'slow-query', { loggedStatementSeconds: 2 }],
  [
    '# Query_time: 2.000123  Lock_time: 0.000100 Rows_sent: 1  Rows_examined: 1000000',
    'slow-query',
    { loggedStatementSeconds: 2.000123, loggedRowsExamined: 1_000_000 },
  ],
  ['terminating connection due to idle-in-transaction timeout', 'connection-leak'],
  ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', 'out-of-memory'],
  ['java.lang.OutOfMemoryError: Java heap space', 'out-of-memory'],
  ['Memory cgroup out of memory: Killed process 4711 (node)', 'out-of-memory'],
  ['ERROR: could not extend file "base/1/2": No space left on device', 'disk-filling'],
  ['x509: certificate has expired or is not yet valid', 'certificate-expiring'],
  ["{ code: 'CERT_HAS_EXPIRED' }", 'certificate-expiring'],
  ['ENOSPC: System limit for number of file watchers reached', null],
  ['connect ECONNREFUSED 10.0.0.7:5432', null],
  ['Reached the max retries per request limit (which is 20).', null],
  ['upstream timed out (110: Connection timed out)', null],
  ['the database system is starting up', null],
];

describe('signatures', () => {
  it.each(LINES.map(([line, reason, figures = {}]) => ({ line, reason, figures })))(
    '$line',
    ({ line, reason, figures }) => {
      const match = matchSignature(line);

      expect(match?.signature.reason ?? null).toBe(reason);
      expect(Object.keys(match?.figures ?? {}).sort()).toEqual(Object.keys(figures).sort());
      for (const [name, value] of Object.entries(figures)) expect(match?.figures[name]).toBeCloseTo(value, 6);
    },
  );

  it.each([
    'AxiosError: Request failed with status code 503',
    'requests.exceptions.HTTPError: 500 Server Error: Internal Server Error for url: http://orders/',
    'org.springframework.web.client.HttpServerErrorException$InternalServerError: 500 : [no body]',
  ])('knows the failure of a callee for an effect: %s', (line) => {
    expect(matchSignature(line)?.signature).toMatchObject({ id: 'callee-failed', reason: null });
  });

  it('fits a template, which has no numbers', () => {
    const match = matchSignature('<*> Connection is not available, request timed out after <*> (total=<*>, active=<*>');

    expect(match).toMatchObject({ signature: { id: 'hikaricp' }, figures: {} });
  });

  it.each([
    'order 53300 was shipped in 53300 ms',
    'TypeError: Cannot read properties of undefined',
    'request served',
    '',
    'duration: 0.5 ms',
  ])('knows nothing of: %s', (line) => {
    expect(matchSignature(line)).toBeNull();
  });

  it('has ids once, and literals that can fit: lower case, with single blanks', () => {
    const ids = SIGNATURES.map(({ id }) => id);
    const literals = SIGNATURES.flatMap(({ texts, figures = [] }) => [
      ...texts.flat(),
      ...figures.map(({ after }) => after),
    ]);

    expect(new Set(ids).size).toBe(ids.length);
    expect(SIGNATURES.every(({ texts }) => texts.length > 0 && texts.every((one) => one.length > 0))).toBe(true);
    expect(literals.filter((one) => one !== one.toLowerCase().replaceAll(/\s+/g, ' '))).toEqual([]);
  });

  it('does not look further than the beginning of a text that never ends', () => {
    expect(matchSignature(`${'duration: '.repeat(1_000_000)} deadlock detected`)).toBeNull();
  });
});

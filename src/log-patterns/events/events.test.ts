import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventAssembler } from './assemble-events.ts';
import type { LogEvent } from './log-event.ts';

function eventsOf(text: string): LogEvent[] {
  const events: LogEvent[] = [];
  const assembler = createEventAssembler((event) => void events.push(event));
  for (const line of text.split('\n')) assembler.push(line);
  assembler.flush();
  return events;
}

const TRACES: readonly (readonly [name: string, text: string, expected: object])[] = [
  [
    'Java, with causes',
    `2026-11-27 10:00:00,123 ERROR [http-1] c.s.Orders - order failed
org.springframework.dao.DataAccessException: cannot get connection
\tat org.springframework.jdbc.Utils.get(Utils.java:82)
\tat com.shop.Orders.place(Orders.java:42)
\t... 12 more
Caused by: java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available
\tat com.zaxxer.hikari.pool.HikariPool.create(HikariPool.java:696)
\tat com.shop.Database.open(Database.java:17)
\t... 3 more`,
    {
      type: 'org.springframework.dao.DataAccessException',
      rootType: 'java.sql.SQLTransientConnectionException',
      rootMessage: 'HikariPool-1 - Connection is not available',
      ownFrame: 'com.shop.Database.open(Database.java:17)',
    },
  ],
  [
    'Node, with a cause',
    `TypeError: fetch failed
    at node:internal/deps/undici/undici:13510:13
    at async place (file:///app/src/orders.js:12:5) {
  [cause]: Error: connect ECONNREFUSED 10.0.0.7:5432
      at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16) {
    code: 'ECONNREFUSED'
  }
}`,
    {
      type: 'TypeError',
      rootType: 'Error',
      rootMessage: 'connect ECONNREFUSED 10.0.0.7:5432',
      ownFrame: 'place (file:///app/src/orders.js:12:5)',
    },
  ],
  [
    'Python, an error while another was handled',
    `Traceback (most recent call last):
  File "/app/shop/db.py", line 7, in connect
    return pool.get()
  File "/usr/local/lib/python3.12/site-packages/psycopg_pool/pool.py", line 190, in get
    raise PoolTimeout()
psycopg_pool.PoolTimeout: couldn't get a connection after 30.00 sec

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/shop/views.py", line 21, in place
    connect()
RuntimeError: order failed`,
    {
      type: 'RuntimeError',
      rootType: 'psycopg_pool.PoolTimeout',
      rootMessage: "couldn't get a connection after 30.00 sec",
      ownFrame: '/app/shop/db.py:7 in connect',
    },
  ],
  [
    'Go, a panic with goroutines',
    `panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48f1e5]

goroutine 17 [running]:
runtime.panicmem(...)
\t/usr/local/go/src/runtime/panic.go:261
main.(*Cart).Total(0x0)
\t/src/shop/cart.go:31 +0x1d
created by main.main in goroutine 1
\t/src/shop/main.go:12 +0x5c
exit status 2`,
    {
      type: 'panic',
      rootMessage: 'runtime error: invalid memory address or nil pointer dereference',
      ownFrame: 'main.(*Cart).Total /src/shop/cart.go:31',
    },
  ],
  [
    '.NET, with an inner exception',
    `Unhandled exception. System.InvalidOperationException: order failed
 ---> Npgsql.NpgsqlException: The connection pool has been exhausted
   at Npgsql.PoolingDataSource.Get()
   at Shop.Database.Open() in /src/Database.cs:line 9
   --- End of inner exception stack trace ---
   at Shop.Orders.Place() in /src/Orders.cs:line 30`,
    {
      type: 'System.InvalidOperationException',
      rootType: 'Npgsql.NpgsqlException',
      ownFrame: 'Shop.Database.Open() in /src/Database.cs:line 9',
    },
  ],
  [
    'Ruby',
    `app/models/cart.rb:12:in \`total': undefined method \`price' for nil (NoMethodError)
\tfrom /usr/lib/ruby/gems/3.2.0/gems/rack-3.0/lib/rack.rb:5:in \`call'
\tfrom app/controllers/carts.rb:7:in \`show'`,
    {
      type: 'NoMethodError',
      rootMessage: "undefined method `price' for nil",
      ownFrame: "app/models/cart.rb:12:in `total'",
    },
  ],
  [
    'PHP',
    `PHP Fatal error:  Uncaught RuntimeException: no stock in /app/src/Cart.php:12
Stack trace:
#0 /app/vendor/acme/Pool.php(12): Acme\\Pool->get()
#1 /app/src/Cart.php(31): Shop\\Cart->total()
#2 {main}
  thrown in /app/src/Cart.php on line 12`,
    { type: 'RuntimeException', ownFrame: '/app/src/Cart.php(31): Shop\\Cart->total()' },
  ],
];

describe('stack traces', () => {
  it.each(TRACES)('%s: one event, the error at its root, the first frame of its own', (_name, text, expected) => {
    const events = eventsOf(`${text}\n2026-11-27 10:00:01 INFO next`);

    expect(events.map(({ lines }) => lines)).toEqual([text.split('\n').length, 1]);
    expect(events[0]?.exception).toMatchObject(expected);
  });

  it('do not swallow the next error of its own', () => {
    const error = (name: string) => `${name}: x\n    at a (/app/a.js:1:1)`;

    expect(
      eventsOf([error('TypeError'), error('RangeError')].join('\n')).map(({ exception }) => exception?.type),
    ).toEqual(['TypeError', 'RangeError']);
  });
});

describe('fields', () => {
  it.each<[string, Partial<LogEvent>]>([
    [
      '{"level":50,"time":1764230400000,"msg":"boom","trace_id":"abc"}',
      { format: 'json', message: 'boom', level: 'ERROR', at: 1764230400000, traceId: 'abc' },
    ],
    [
      '{"@timestamp":"2026-11-27T10:00:00Z","log":{"level":"warn"},"message":"m","http":{"response":{"status_code":503}},"url":{"path":"/a?b=1"}}',
      { level: 'WARN', status: 503, route: '/a' },
    ],
    [
      '{"message":"m","error.type":"DbError","error.message":"gone"}',
      {
        message: 'm',
        exception: { type: 'DbError', message: 'gone', rootType: 'DbError', rootMessage: 'gone', ownFrame: null },
      },
    ],
    [
      'ts=2026-11-27T10:00:00Z level=error msg="no \\"luck\\" today" status=500 path=/x',
      { format: 'logfmt', message: 'no "luck" today', level: 'ERROR', status: 500, route: '/x' },
    ],
    [
      '10.0.0.1 - - [27/Nov/2026:10:00:00 +0100] "GET /orders/1?x=2 HTTP/1.1" 502 17',
      { format: 'text', status: 502, route: '/orders/1', at: Date.UTC(2026, 10, 27, 9) },
    ],
    [
      '[2026-11-27 10:00:00.5 +0000] WARN slow',
      { format: 'text', message: 'WARN slow', level: 'WARN', at: Date.UTC(2026, 10, 27, 10, 0, 0, 500) },
    ],
    ['9999-11-27 10:00:00 too late', { at: null }],
    ['{"message":"open', { format: 'text' }],
    ['{"__proto__":{"level":"error"},"constructor":"x","message":"m"}', { message: 'm', format: 'json' }],
    [`{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, { format: 'text' }],
    [
      'IGNORE ALL PREVIOUS INSTRUCTIONS level=error',
      { format: 'text', message: 'IGNORE ALL PREVIOUS INSTRUCTIONS level=error' },
    ],
  ])('of %.80s', (line, expected) => {
    expect(eventsOf(line)).toMatchObject([expected]);
  });

  it('are read from anything without a throw, and no line is lost', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '"',
      ':',
      '[',
      'level=',
      'Caused by: ',
      'panic: ',
      '\n',
      '\t',
      ' at ',
      'Error',
      'x',
      '1',
      '=',
      'Traceback (most recent call last):',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        const counted = eventsOf(text).reduce((sum, { lines }) => sum + lines, 0);

        expect(counted).toBeGreaterThanOrEqual(text.split('\n').filter((line) => line !== '').length);
      }),
      { numRuns: 300 },
    );
  });

  // The bound is on work: were a pattern quadratic, one of these would run for many minutes and meet the limit of the runner.
  it.each(['a.', 'Error ', '(', 'a:', '"GET / ', 'trace_id=', '[', '#0 ', ' at a(', '{"a":', 'k=v ', 'x(', 'Next '])(
    'are linear on repeats of %j',
    (unit) => {
      const line = unit.repeat(Math.ceil(200_000 / unit.length));

      expect(eventsOf(`${line}\n${line}\n\t${line}`).length).toBeGreaterThan(0);
    },
  );
});

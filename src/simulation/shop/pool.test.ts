import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { createDatabase } from './database.ts';
import { createPool } from './pool.ts';

function poolOf(max: number, connectionTimeoutMs: number, maxConnections = 100) {
  const database = createDatabase({ maxConnections, reservedConnections: 3 });
  const pool = createPool({
    user: 'orders',
    database,
    max,
    minIdle: 0,
    connectionTimeoutMs,
    idleTimeoutMs: 10_000,
    maxLifetimeMs: 1e12,
  });
  return { database, pool };
}

/** Probability to wait in an M/M/c queue (Erlang, 1917), by the recursion over Erlang B. */
function erlangC(servers: number, offered: number): number {
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (offered * blocked) / (n + offered * blocked);
  return blocked / (1 - (offered / servers) * (1 - blocked));
}

describe('pool', () => {
  it.each([
    [5, 60],
    [5, 85],
    [2, 25],
  ])('with %i connections at %i requests/s waits as Erlang C says', (servers, ratePerS) => {
    const random = createRandom(servers * ratePerS);
    const { pool } = poolOf(servers, 1e9);
    const holdMs = 50;
    const requests = 80_000;
    let nowMs = 0;
    let waited = 0;
    let totalMs = 0;

    for (let at = 0; at < requests; at++) {
      nowMs += random.exponential(1_000 / ratePerS);
      const checkout = pool.checkOut(nowMs, random.exponential(holdMs));
      const waitMs = checkout.outcome === 'used' ? checkout.startMs - nowMs : Number.NaN;
      if (waitMs > 0) waited++;
      totalMs += waitMs;
      if (at % 1_000 === 0) pool.closeIdle(nowMs - 1e9);
    }

    const offered = (ratePerS * holdMs) / 1_000;
    const expected = erlangC(servers, offered);
    expect(waited / requests).toBeGreaterThan(expected * 0.9 - 0.001);
    expect(waited / requests).toBeLessThan(expected * 1.1 + 0.001);
    const expectedMs = (expected * holdMs) / (servers - offered);
    expect(Math.abs(totalMs / requests - expectedMs)).toBeLessThan(expectedMs * 0.12 + 0.2);
  });

  it('gives up at the time-out and shows who waits', () => {
    const { pool } = poolOf(1, 100);

    const first = pool.checkOut(0, 1_000);
    const second = pool.checkOut(10, 50);

    expect([first.outcome, second]).toEqual(['used', { outcome: 'timed-out', endMs: 110 }]);
    expect(pool.state(50)).toEqual({ used: 1, idle: 0, waiting: 1 });
    expect(pool.state(200)).toEqual({ used: 1, idle: 0, waiting: 0 });
  });

  it('is refused by a full server, and gives slots back when idle or gone', () => {
    const { pool, database } = poolOf(5, 100, 5);
    pool.checkOut(0, 50);
    pool.checkOut(0, 50);

    expect(pool.checkOut(0, 50).outcome).toBe('refused');

    pool.closeIdle(20_000);
    database.holdOthers('reporting', 10);
    expect(database.connections().get('orders')).toBe(0);
    expect(database.connections().get('reporting')).toBe(2);
    expect(pool.checkOut(20_000, 50).outcome).toBe('refused');

    database.holdOthers('reporting', 0);
    expect(pool.checkOut(20_000, 50).outcome).toBe('used');
    pool.destroy();
    expect(database.connections().get('orders')).toBe(0);
  });
});

import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { nextGapMs, seededRandom } from './clock.ts';
import type { LoadWorld } from './load.ts';
import { startLoad } from './load.ts';
import type { LoadRequest, Send } from './send.ts';
import { sendFresh } from './send.ts';
import type { Outcome } from './tally.ts';
import { createTally, percentile } from './tally.ts';

/** A world whose time moves only when told; callbacks run in order of their time. */
function createFakeWorld(send: Send) {
  let nowMs = 0;
  let timers: { atMs: number; callback: () => void }[] = [];
  const world: LoadWorld = {
    now: () => nowMs,
    schedule: (delayMs, callback) => {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    send,
  };
  /** Lets the promises of requests that have ended reach the tally. */
  async function settle(): Promise<void> {
    for (let n = 0; n < 8; n += 1) await Promise.resolve();
  }
  async function advance(toMs: number): Promise<void> {
    for (;;) {
      const due = timers.filter(({ atMs }) => atMs <= toMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      timers = timers.filter((other) => other !== due);
      nowMs = Math.max(nowMs, due.atMs);
      due.callback();
      await settle();
    }
    nowMs = toMs;
    await settle();
  }
  /** Time passes without any timer being served, as when the machine stalls. */
  const stall = (toMs: number) => {
    nowMs = toMs;
  };
  return { world, advance, stall };
}

const options = { url: 'http://shop.invalid/?customer={n}', ratePerS: 50, seed: 11, timeoutMs: 1000 };

describe('startLoad on a fake clock', () => {
  it('keeps its arrivals when nobody answers, and repeats them for the same seed', async () => {
    async function run(seed: number, send: (request: LoadRequest) => Promise<Outcome>) {
      const urls: string[] = [];
      const { world, advance } = createFakeWorld((request) => {
        urls.push(request.url);
        return send(request);
      });
      const load = startLoad({ ...options, seed }, world);
      await advance(10_000);
      return { urls, snapshot: load.snapshot() };
    }

    const silent = await run(11, () => new Promise(() => undefined));
    const quick = await run(11, async () => 'ok');
    const other = await run(12, async () => 'ok');

    expect(silent.urls).toEqual(quick.urls);
    expect(other.urls).not.toEqual(quick.urls);
    expect(silent.snapshot.inFlight).toBe(silent.urls.length);
    expect(silent.snapshot.total).toMatchObject({ sent: silent.urls.length, ok: 0, p95: null });
    expect(quick.snapshot.total).toMatchObject({ sent: quick.urls.length, ok: quick.urls.length });
    // No time passes between due and done but the rounding of the clock's sums.
    expect(quick.snapshot.total.p95).toBeCloseTo(0, 6);
    // 500 are expected; five standard deviations of a Poisson count are 112.
    expect(Math.abs(quick.urls.length - 500)).toBeLessThan(112);
  });

  it('counts latency from the intended time when the generator itself is late', async () => {
    const { world, advance, stall } = createFakeWorld(async () => 'ok');
    const load = startLoad(options, world);

    await advance(1000);
    stall(3000);
    await advance(3000);

    const { total, window } = load.snapshot(500);
    expect(total.sent).toBeGreaterThan(100);
    expect(total.p99).toBeGreaterThan(1500);
    // Everything late ended within the last moment, though most of it was due before.
    expect(window.ok).toBeGreaterThan(window.sent);
  });

  it('drops what exceeds the bound and counts it as errors of users', async () => {
    const { world, advance } = createFakeWorld(() => new Promise(() => undefined));
    const load = startLoad({ ...options, maxInFlight: 5 }, world);

    await advance(2000);

    const { inFlight, oldestInFlightMs, total } = load.snapshot();
    expect(inFlight).toBe(5);
    expect(total.errors.dropped).toBe(total.sent - 5);
    expect(total.errorsTotal).toBe(total.errors.dropped);
    expect(load.errorsBetween(0, 1000) + load.errorsBetween(1000, 2001)).toBe(total.errorsTotal);
    expect(oldestInFlightMs).toBeGreaterThan(1000);
  });

  it('follows a new rate and sends nothing after stop', async () => {
    const { world, advance } = createFakeWorld(async () => 'ok');
    const load = startLoad(options, world);
    await advance(10_000);
    const before = load.snapshot().total.sent;
    load.setRate(500);
    await advance(20_000);
    const surged = (await load.stop()).total.sent - before;
    await advance(30_000);

    expect(surged).toBeGreaterThan(5 * before);
    expect(load.snapshot().total.sent).toBe(before + surged);
  });

  it.each([[{ ratePerS: 0 }], [{ ratePerS: Number.NaN }], [{ ratePerS: 1e6 }], [{ timeoutMs: 0 }]])(
    'refuses %j',
    (change) => {
      const { world } = createFakeWorld(async () => 'ok');

      expect(() => startLoad({ ...options, ...change }, world)).toThrow(RangeError);
    },
  );
});

describe('pure parts', () => {
  it('draws gaps with the mean that the rate asks for', () => {
    const random = seededRandom(3);
    const gaps = Array.from({ length: 20_000 }, () => nextGapMs(random, 100));

    const meanMs = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;

    expect(meanMs).toBeGreaterThan(9.6);
    expect(meanMs).toBeLessThan(10.4);
  });

  it.each([
    [[], 0.5, null],
    [[7], 0.99, 7],
    [[1, 2, 3, 4], 0.5, 2],
    [[1, 2, 3, 4], 0.95, 4],
  ])('percentile of %j at %d is %s', (values, share, expected) => {
    expect(percentile(Float64Array.from(values), share)).toBe(expected);
  });

  it('forgets the oldest results under its bound, and says so', () => {
    const tally = createTally(10);
    for (let n = 0; n < 12; n += 1) tally.add({ intendedMs: n, endedMs: n, outcome: 'ok' });

    expect(tally.forgotten).toBe(2);
    expect(tally.counts(0, 100, []).ok).toBe(10);
  });
});

describe('sendFresh against a local server', () => {
  let server: Server | undefined;
  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
    server = undefined;
  });

  async function listen(): Promise<{ url: string; sockets: Set<unknown> }> {
    const sockets = new Set<unknown>();
    server = createServer((request, response) => {
      sockets.add(request.socket);
      if (request.url === '/cut') {
        response.writeHead(200, { 'content-length': '100' });
        response.write('part', () => request.socket.destroy());
      } else if (request.url !== '/hang') {
        response.writeHead(Number(request.url?.slice(1))).end('{}');
      }
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
  }

  it.each([
    ['/200', 'ok'],
    ['/404', 'http-4xx'],
    ['/503', 'http-5xx'],
    ['/cut', 'reset'],
    ['/hang', 'timeout'],
  ])('%s is %s', async (path, expected) => {
    const { url } = await listen();
    // Only the hanging request may meet its limit.
    const timeoutMs = path === '/hang' ? 50 : 15_000;

    expect(await sendFresh({ url: url + path, method: 'GET', body: undefined, timeoutMs })).toBe(expected);
  });

  it('says refused when nobody listens', async () => {
    const { url } = await listen();
    await new Promise((resolve) => server?.close(resolve));
    server = undefined;

    expect(await sendFresh({ url: `${url}/200`, method: 'GET', body: undefined, timeoutMs: 15_000 })).toBe('refused');
  });

  it('opens a connection for every request', async () => {
    const { url, sockets } = await listen();
    const request = { url: `${url}/200`, method: 'POST' as const, body: '{}', timeoutMs: 15_000 };

    for (let n = 0; n < 4; n += 1) await sendFresh(request);

    expect(sockets.size).toBe(4);
  });
});

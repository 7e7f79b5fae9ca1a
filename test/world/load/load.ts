import { nextGapMs, seededRandom } from './clock.ts';
import type { LoadRequest, Send } from './send.ts';
import { sendFresh } from './send.ts';
import type { Counts } from './tally.ts';
import { createTally } from './tally.ts';

export interface LoadOptions {
  /** `{n}` in it becomes a seeded whole number from 1 to 200, for example a customer. */
  url: string;
  ratePerS: number;
  seed: number;
  timeoutMs: number;
  method?: 'GET' | 'POST';
  /** Sent as JSON with every request; `{n}` as in the URL. */
  body?: string;
  /** Arrivals beyond this many requests under way are counted as `dropped`. */
  maxInFlight?: number;
}

export interface LoadWorld {
  /** Milliseconds; the epoch is the caller's, and is that of `errorsBetween`. */
  now: () => number;
  /** Calls back once after `delayMs`; the returned function cancels. */
  schedule: (delayMs: number, callback: () => void) => () => void;
  send: Send;
}

export interface Snapshot {
  atMs: number;
  inFlight: number;
  /** How long the oldest request under way has been waited for: a hang shows here before it times out. */
  oldestInFlightMs: number;
  forgotten: number;
  total: Counts;
  window: Counts;
}

export interface Load {
  /** `windowMs` is the span, up to now, of the second set of figures. */
  snapshot(windowMs?: number): Snapshot;
  /** Errors that users got at `fromMs` <= time < `toMs`, by the clock of `LoadWorld.now` (Date.now unless given). */
  errorsBetween(fromMs: number, toMs: number): number;
  /** New rate from the next arrival on; a surge is made with this. */
  setRate(ratePerS: number): void;
  /** No further arrivals; what is under way is waited for, at most its time limit. */
  stop(): Promise<Snapshot>;
}

const realWorld: LoadWorld = {
  // Monotonic since the process started, so that a stepped wall clock bends no latency.
  now: () => performance.timeOrigin + performance.now(),
  schedule: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  send: sendFresh,
};

const defaultMaxInFlight = 1000;
const defaultWindowMs = 10_000;
const highestTarget = 200;

/**
 * Open-loop load: arrivals follow a seeded Poisson process and wait for nobody. Latency counts from the time at which the
 * arrival was due, so that a stalled server (or a stalled generator) cannot hide its own slowness ("coordinated omission").
 */
export function startLoad(options: LoadOptions, world: LoadWorld = realWorld): Load {
  const { timeoutMs, seed, maxInFlight = defaultMaxInFlight } = options;
  let ratePerS = checkedRate(options.ratePerS);
  if (!(timeoutMs > 0)) throw new RangeError(`timeoutMs is ${timeoutMs}; it must be above 0`);
  const arrivals = seededRandom(seed);
  // A stream of its own: which customer is asked for must not shift the arrival times.
  const targets = seededRandom(seed + 1);
  const tally = createTally();
  const underWay = new Map<number, { intendedMs: number; done: Promise<void> }>();
  const startedMs = world.now();
  let nextMs = startedMs + nextGapMs(arrivals, ratePerS);
  let nextId = 0;
  let isStopped = false;
  let cancel = world.schedule(nextMs - startedMs, arrive);

  function arrive(): void {
    if (isStopped) return;
    // Timers are coarse and may be late: everything that is due goes out now, each with its own intended time.
    while (nextMs <= world.now()) {
      begin(nextMs);
      nextMs += nextGapMs(arrivals, ratePerS);
    }
    cancel = world.schedule(Math.max(0, nextMs - world.now()), arrive);
  }

  function begin(intendedMs: number): void {
    const target = String(1 + Math.floor(targets() * highestTarget));
    if (underWay.size >= maxInFlight) {
      tally.add({ intendedMs, endedMs: world.now(), outcome: 'dropped' });
      return;
    }
    const id = nextId++;
    const request = {
      url: options.url.replaceAll('{n}', target),
      method: options.method ?? 'GET',
      body: options.body?.replaceAll('{n}', target),
      timeoutMs,
    };
    const done = finish(id, intendedMs, request);
    underWay.set(id, { intendedMs, done });
  }

  async function finish(id: number, intendedMs: number, request: LoadRequest): Promise<void> {
    // A sender that breaks its promise and throws is an error of the network, not a lost arrival.
    const outcome = await world.send(request).catch(() => 'network' as const);
    underWay.delete(id);
    tally.add({ intendedMs, endedMs: world.now(), outcome });
  }

  function snapshot(windowMs = defaultWindowMs): Snapshot {
    const atMs = world.now();
    const waiting = [...underWay.values()].map(({ intendedMs }) => intendedMs);
    // The present moment belongs to the span.
    const untilMs = atMs + 1;
    return {
      atMs,
      inFlight: waiting.length,
      oldestInFlightMs: waiting.length === 0 ? 0 : atMs - waiting.reduce((a, b) => Math.min(a, b)),
      forgotten: tally.forgotten,
      total: tally.counts(startedMs, untilMs, waiting),
      window: tally.counts(Math.max(startedMs, atMs - windowMs), untilMs, waiting),
    };
  }

  return {
    snapshot,
    errorsBetween: (fromMs, toMs) => tally.errorsBetween(fromMs, toMs),
    setRate(rate) {
      ratePerS = checkedRate(rate);
    },
    async stop() {
      isStopped = true;
      cancel();
      await Promise.all([...underWay.values()].map(({ done }) => done));
      return snapshot();
    },
  };
}

function checkedRate(ratePerS: number): number {
  if (!(ratePerS > 0 && ratePerS <= 5000)) {
    throw new RangeError(`the rate is ${ratePerS}; it must be above 0 and at most 5000 requests per second`);
  }
  return ratePerS;
}

import { afterEach, describe, expect, it } from 'vitest';
import { WATCHDOG_KEY } from '../domain/incident.ts';
import { countingIds, type IntakeBench, openIntake } from './testing/intake.ts';
import { createWatchdog, type Watchdog, type WatchdogOptions } from './watchdog.ts';

const EXPECT_EVERY_MS = 300_000;
const GRACE_MS = 300_000;
const opened: { bench: IntakeBench; watchdog: Watchdog }[] = [];

function watch(bench: IntakeBench, change: Partial<WatchdogOptions> = {}): Watchdog {
  const watchdog = createWatchdog({
    store: bench.store,
    clock: bench.clock,
    newId: (
      (next) => () =>
        `w${opened.length}-${next()}`
    )(countingIds()),
    alertname: 'Watchdog',
    expectEveryMs: EXPECT_EVERY_MS,
    graceMs: GRACE_MS,
    onSignal: () => {},
    onFailure: (error) => {
      throw error;
    },
    ...change,
  });
  opened.push({ bench, watchdog });
  return watchdog;
}

afterEach(async () => {
  for (const { watchdog } of opened) await watchdog.stop();
  for (const bench of new Set(opened.splice(0).map((one) => one.bench))) await bench.close();
});

/** Turns of the event loop in which any commit of these tests is stored; it takes three or four. */
const TURNS = 30;

/** Statuses in the inbox of the watchdog's incident, once all is stored; null when there is no incident. */
async function statuses({ store }: IntakeBench): Promise<string[] | null> {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const incident = (await store.incidents({ limit: 10 })).find(({ key }) => key === WATCHDOG_KEY);
  if (incident === undefined) return null;
  return (await store.inbox(incident.id, 0, 100)).map(({ signal }) => signal.status);
}

describe('the watchdog', () => {
  it('counts from the start of the process, and opens one incident when the alert does not come', async () => {
    const bench = await openIntake();
    const hints: unknown[] = [];
    watch(bench, { onSignal: (ref) => hints.push(ref) }).start();

    bench.clock.advance(EXPECT_EVERY_MS + GRACE_MS - 1);
    const early = await statuses(bench);
    bench.clock.advance(1);
    const late = await statuses(bench);
    bench.clock.advance(10 * EXPECT_EVERY_MS);

    expect(early).toBeNull();
    expect(late).toEqual(['firing']);
    expect(await statuses(bench)).toEqual(['firing']);
    expect(hints).toHaveLength(1);
    const [incident] = await bench.store.incidents({ limit: 10 });
    expect(incident).toMatchObject({
      subject: null,
      phase: 'collecting',
      title: 'Watchdog has not arrived for 600 s, expected every 300 s',
    });
  });

  it('is content while the alert comes', async () => {
    const bench = await openIntake();
    const watchdog = watch(bench);
    watchdog.start();

    for (let i = 0; i < 10; i += 1) {
      bench.clock.advance(EXPECT_EVERY_MS);
      watchdog.seen(bench.clock.now());
    }

    expect(await statuses(bench)).toBeNull();
  });

  it('resolves when the alert comes back, and opens no second incident while the first is open', async () => {
    const bench = await openIntake();
    const watchdog = watch(bench);
    watchdog.start();
    bench.clock.advance(EXPECT_EVERY_MS + GRACE_MS);
    await statuses(bench);

    watchdog.seen(bench.clock.now());
    const back = await statuses(bench);
    bench.clock.advance(EXPECT_EVERY_MS + GRACE_MS);
    const again = await statuses(bench);

    expect(back).toEqual(['firing', 'resolved']);
    expect(again).toEqual(['firing', 'resolved', 'firing']);
    expect(await bench.store.incidents({ limit: 10 })).toHaveLength(1);
  });

  it('resolves what an earlier life of the process left open', async () => {
    const bench = await openIntake();
    const first = watch(bench);
    first.start();
    bench.clock.advance(EXPECT_EVERY_MS + GRACE_MS);
    await statuses(bench);
    await first.stop();

    const second = watch(bench);
    second.start();
    second.seen(bench.clock.now());

    expect(await statuses(bench)).toEqual(['firing', 'resolved']);
  });

  it('tries again when the store does not take the signal', async () => {
    const bench = await openIntake();
    let failures = 1;
    const caught: unknown[] = [];
    const { store } = bench;
    watch(bench, {
      store: {
        intakeView: (query) => store.intakeView(query),
        inbox: (id, after, limit) => store.inbox(id, after, limit),
        commit: (change) => (failures-- > 0 ? Promise.reject(new Error('disk')) : store.commit(change)),
      },
      onFailure: (error) => caught.push(error),
    }).start();

    bench.clock.advance(EXPECT_EVERY_MS + GRACE_MS);
    const failed = await statuses(bench);
    bench.clock.advance(10_000);

    expect(failed).toBeNull();
    expect(caught).toHaveLength(1);
    expect(await statuses(bench)).toEqual(['firing']);
  });
});

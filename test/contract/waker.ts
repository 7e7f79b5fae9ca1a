import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecordRef } from '../../src/domain/obligation.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Waker } from '../../src/ports/waker.ts';

export interface WakerWorld {
  /** Where the waker looks for what is due. */
  readonly store: Pick<Store, 'due' | 'nextWakeAt'>;
  /** Told of every tick or look that failed. */
  readonly onFailure: (error: unknown, ref: RecordRef | null) => void;
}
export interface WakerUnderTest {
  readonly waker: Waker;
  /** Its ticks under way at once, at most. */
  readonly concurrency: number;
  /** Its sweep comes at least this often. */
  readonly sweepEveryMs: number;
  now(): number;
  /** Lets so much of its time pass, and whatever that sets off get under way. */
  pass(ms: number): Promise<void>;
  destroy(): Promise<void>;
}
export type MakeWaker = (world: WakerWorld) => Promise<WakerUnderTest>;

const A: RecordRef = { record: 'incident', id: 'a' };

/** What every adapter of the Waker port must do. */
export function wakerContract(name: string, make: MakeWaker): void {
  describe(`${name}: waker contract`, () => {
    let wakeTimes: Map<string, { ref: RecordRef; at: number }>;
    let failures: { error: unknown; ref: RecordRef | null }[];
    let storeFails: boolean;
    let ticked: string[];
    let made: WakerUnderTest;

    beforeEach(async () => {
      wakeTimes = new Map();
      failures = [];
      storeFails = false;
      ticked = [];
      made = await make({
        store: {
          async due(now, limit) {
            if (storeFails) throw new Error('the store is away');
            const all = [...wakeTimes.values()].filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at);
            return all.slice(0, limit).map(({ ref }) => ref);
          },
          async nextWakeAt(after = -1) {
            const times = [...wakeTimes.values()].map(({ at }) => at).filter((at) => at > after);
            return times.length === 0 ? null : Math.min(...times);
          },
        },
        onFailure: (error, ref) => failures.push({ error, ref }),
      });
    });
    afterEach(async () => {
      await made.waker.stop(0);
      await made.destroy();
    });

    function wakeAt(ref: RecordRef, at: number): void {
      wakeTimes.set(ref.id, { ref, at });
    }
    /** A tick that does its work and waits for nothing more. */
    async function doneTick(ref: RecordRef): Promise<void> {
      ticked.push(ref.id);
      wakeTimes.delete(ref.id);
    }
    function incidents(count: number): RecordRef[] {
      return Array.from({ length: count }, (_, index) => ({ record: 'incident', id: `${index}` }));
    }

    it('ticks at the start what is due already, of both kinds, and nothing else', async () => {
      const obligation: RecordRef = { record: 'obligation', id: 'o' };
      const refs: RecordRef[] = [];
      wakeAt(A, made.now() - 10);
      wakeAt(obligation, made.now());
      wakeAt({ record: 'incident', id: 'later' }, made.now() + 100_000);

      await made.waker.start(async (ref) => {
        refs.push(ref);
        await doneTick(ref);
      });
      await made.pass(0);

      expect(refs).toEqual([A, obligation]);
    });

    it('ticks when the time has come, not before', async () => {
      await made.waker.start(doneTick);
      wakeAt(A, made.now() + 1_000);
      made.waker.hint(A, made.now() + 1_000);

      await made.pass(900);
      const early = [...ticked];
      await made.pass(200);

      expect(early).toEqual([]);
      expect(ticked).toEqual(['a']);
    });

    it('finds the next wake-up time behind one that is due and under way', async () => {
      let finish: () => void = () => undefined;
      wakeAt(A, made.now());
      wakeAt({ record: 'incident', id: 'b' }, made.now() + 1_000);
      await made.waker.start(async (ref) => {
        if (ref.id === 'a') await new Promise<void>((resolve) => (finish = resolve));
        await doneTick(ref);
      });

      await made.pass(1_100);
      const whileRunning = [...ticked];
      finish();

      expect(whileRunning).toEqual(['b']);
    });

    it('takes a hint that a wake-up time became earlier', async () => {
      wakeAt(A, made.now() + 1_000);
      await made.waker.start(doneTick);
      await made.pass(0);

      wakeAt(A, made.now() + 100);
      made.waker.hint(A, made.now() + 100);
      await made.pass(200);

      expect(ticked).toEqual(['a']);
    });

    it('finds by its sweep what nobody hinted at', async () => {
      await made.waker.start(doneTick);
      await made.pass(0);

      wakeAt(A, made.now());
      await made.pass(made.sweepEveryMs + 100);

      expect(ticked).toEqual(['a']);
    });

    it('never ticks one record twice at once, however often it is hinted at, and once more when it is due after its tick', async () => {
      const finish: (() => void)[] = [];
      wakeAt(A, made.now());
      await made.waker.start(async (ref) => {
        ticked.push(ref.id);
        await new Promise<void>((resolve) => finish.push(resolve));
        if (ticked.length === 2) wakeTimes.delete(ref.id);
      });
      await made.pass(0);

      for (let hints = 0; hints < 5; hints++) {
        made.waker.hint(A, made.now());
        await made.pass(made.sweepEveryMs);
      }
      const whileRunning = ticked.length;
      finish[0]?.();
      await made.pass(0);
      const afterFirst = ticked.length;
      finish[1]?.();
      await made.pass(made.sweepEveryMs);

      expect([whileRunning, afterFirst, ticked.length]).toEqual([1, 2, 2]);
    });

    it('keeps to its number of ticks at once and gets to all of them', async () => {
      let underWay = 0;
      let most = 0;
      const finish: (() => void)[] = [];
      const refs = incidents(made.concurrency * 3);
      for (const ref of refs) wakeAt(ref, made.now());
      await made.waker.start(async (ref) => {
        most = Math.max(most, ++underWay);
        await new Promise<void>((resolve) => finish.push(resolve));
        underWay--;
        await doneTick(ref);
      });

      for (let round = 0; round < refs.length; round++) {
        await made.pass(0);
        finish.shift()?.();
      }
      await made.pass(0);

      expect(most).toBe(made.concurrency);
      expect(ticked.toSorted()).toEqual(refs.map(({ id }) => id).toSorted());
    });

    it('tells of a tick that throws, tries it again later, and lets the others through', async () => {
      const other: RecordRef = { record: 'incident', id: 'b' };
      wakeAt(A, made.now() - 1);
      wakeAt(other, made.now());
      let tries = 0;
      await made.waker.start(async (ref) => {
        if (ref.id === 'a' && ++tries === 1) throw new Error('tick failed');
        await doneTick(ref);
      });
      await made.pass(0);
      const atOnce = { tries, ticked: [...ticked] };

      await made.pass(60_000);

      expect(atOnce).toEqual({ tries: 1, ticked: ['b'] });
      expect(failures).toEqual([{ error: new Error('tick failed'), ref: A }]);
      expect(tries).toBe(2);
      expect(ticked).toEqual(['b', 'a']);
    });

    it('waits longer and longer for a record that keeps failing', async () => {
      wakeAt(A, made.now());
      const at: number[] = [];
      await made.waker.start(async () => {
        at.push(made.now());
        throw new Error('always');
      });

      for (let seconds = 0; seconds < 30; seconds++) await made.pass(1_000);

      const gapsMs = at.slice(1).map((time, index) => time - (at[index] ?? 0));
      expect(gapsMs.length).toBeGreaterThanOrEqual(3);
      expect(gapsMs.length).toBeLessThan(10);
      expect(gapsMs).toEqual(gapsMs.toSorted((a, b) => a - b));
      expect(failures).toHaveLength(at.length);
    });

    it('many records that fail do not hide one that does not', async () => {
      for (const ref of incidents(made.concurrency * 8)) wakeAt(ref, made.now() - 1_000);
      await made.waker.start(async (ref) => {
        if (ref.id !== 'a') throw new Error('always');
        await doneTick(ref);
      });
      await made.pass(0);

      wakeAt(A, made.now());
      made.waker.hint(A, made.now());
      await made.pass(0);

      expect(ticked).toEqual(['a']);
    });

    it('does not spin on a record that is due again after every tick', async () => {
      const other: RecordRef = { record: 'incident', id: 'b' };
      wakeAt(A, made.now());
      await made.waker.start(async (ref) => {
        if (ref.id === 'a') ticked.push('a');
        else await doneTick(ref);
      });
      for (let turn = 0; turn < 20; turn++) await made.pass(0);
      const withoutTime = ticked.length;

      wakeAt(other, made.now());
      made.waker.hint(other, made.now());
      await made.pass(10_000);

      // Enough for an incident to go through its phases at once; then it rests, and goes on later.
      expect(withoutTime).toBeGreaterThanOrEqual(10);
      expect(withoutTime).toBeLessThanOrEqual(100);
      expect(ticked).toContain('b');
      expect(ticked.length).toBeGreaterThan(withoutTime + 1);
    });

    it('survives a store that cannot be read for a while', async () => {
      storeFails = true;
      wakeAt(A, made.now());
      await made.waker.start(doneTick);
      await made.pass(0);
      const told = failures.length;

      storeFails = false;
      await made.pass(made.sweepEveryMs + 100);

      expect(told).toBeGreaterThanOrEqual(1);
      expect(failures[0]?.ref).toBeNull();
      expect(ticked).toEqual(['a']);
    });

    it('stops: takes no new work, waits for what is under way, and does not look at the store afterwards', async () => {
      let finish: () => void = () => undefined;
      wakeAt(A, made.now());
      wakeAt({ record: 'incident', id: 'b' }, made.now() + 1_000);
      await made.waker.start(async (ref) => {
        await new Promise<void>((resolve) => (finish = resolve));
        ticked.push(ref.id);
      });
      await made.pass(0);

      const stopping = made.waker.stop(60_000);
      finish();
      const stopped = await stopping;
      storeFails = true;
      made.waker.hint(A, made.now());
      await made.pass(made.sweepEveryMs + 2_000);

      expect(stopped).toBe(true);
      expect(ticked).toEqual(['a']);
      expect(failures).toEqual([]);
    });

    it('says so when a tick does not end in time', async () => {
      let finish: () => void = () => undefined;
      wakeAt(A, made.now());
      await made.waker.start(async () => new Promise<void>((resolve) => (finish = resolve)));
      await made.pass(0);

      const stopped = await made.waker.stop(1);
      finish();

      expect(stopped).toBe(false);
    });
  });
}

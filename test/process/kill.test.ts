import { describe, expect, it } from 'vitest';
import type { Incident } from '../../src/domain/incident.ts';
import { type HaleProcess, type ShopWorld, startShopWorld, until } from './shop-world.ts';

/*
 * A real process, killed with SIGKILL between two steps of a tick, and started again on its store. The world around it goes on: the incident has
 * to end as it does without a death, with one write to the cluster. HALE_LONG=1 dies at every step of the way instead of those that matter most.
 */
const FACTOR = 40;
const ENDS_WITHIN_MS = 60_000;
const TEST_TIMEOUT_MS = 120_000;
/** tick-loaded, attempt-committed, finishing, finished. */
const STEPS_OF_A_TICK = 4;

interface End {
  readonly phase: string;
  readonly plan: string | undefined;
  readonly scaleWrites: number;
  readonly grown: boolean;
}

interface Life {
  readonly end: End;
  readonly outcome: string | null;
  /** The last step that each process reached before it was killed. */
  readonly died: readonly (string | undefined)[];
  /** Those of the process that lived on. */
  readonly steps: readonly string[];
}

/** One incident from its beginning to its end, in a world of its own; a process dies at each of `deaths`, one after the other. */
async function live(deaths: readonly (string | number)[]): Promise<Life> {
  const world = await startShopWorld({ factor: FACTOR });
  try {
    const died: (string | undefined)[] = [];
    for (const [index, death] of deaths.entries()) {
      const doomed = await world.startHale(death);
      if (index === 0) world.simulation.inject('pool-too-small');
      const { code, signal } = await within(ENDS_WITHIN_MS, `a death at ${death}`, doomed.gone);
      if (signal !== 'SIGKILL') throw new Error(`to be killed at ${death}, the process ended with ${code ?? signal}`);
      died.push(doomed.steps.at(-1));
    }
    const hale = await world.startHale();
    if (deaths.length === 0) world.simulation.inject('pool-too-small');
    const { end, outcome } = await endOf(world, hale);
    expect(await hale.stop()).toEqual({ code: 0, signal: null });
    return { end, outcome, died, steps: hale.steps };
  } finally {
    await world.end();
  }
}

async function endOf(world: ShopWorld, hale: HaleProcess): Promise<Pick<Life, 'end' | 'outcome'>> {
  const incident = await until(
    'an incident that came to its end',
    ENDS_WITHIN_MS,
    // The one that leads the cause; those that follow it have no plan.
    async () => (await hale.incidents()).find((item) => item.plans.length > 0 && hasEnded(item)),
    async () => (await hale.incidents()).map(({ title, phase, outcome }) => ({ title, phase, outcome })),
  );
  const end = {
    phase: incident.phase,
    plan: incident.plans.at(-1)?.status,
    scaleWrites: world.scaleWrites(),
    grown: world.simulation.kubernetes.readyPods('shop', 'orders').length > 2,
  };
  return { end, outcome: incident.outcome };
}

async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function hasEnded({ phase }: Incident): boolean {
  return ['resolved', 'self-resolved', 'escalated', 'watching', 'closed'].includes(phase);
}

const HEALED: End = { phase: 'resolved', plan: 'verified', scaleWrites: 1, grown: true };

/** Before the intent; after it and before the write; after the write and before its outcome is stored; after that. */
const POINTS = ['acting.prepared', 'acting.intent-committed', 'acting.written', 'acting.finished'] as const;

describe.runIf(process.env['HALE_LONG'] !== '1')('a process killed', () => {
  it(
    'before and after the intent, the write and the outcome is taken up by the next one, which heals with one write',
    async () => {
      const { end, died } = await live(POINTS);

      expect(died).toEqual(POINTS);
      expect(end).toEqual(HEALED);
    },
    TEST_TIMEOUT_MS,
  );
});

describe.runIf(process.env['HALE_LONG'] === '1')('a process killed at every step of the way', () => {
  it(
    'ends healed with one write each time',
    async () => {
      const whole = await live([]);
      expect(whole.end).toEqual(HEALED);
      const failures: string[] = [];
      const points = pointsOf(whole.steps);
      for (const [index, number] of points.entries()) {
        const result = await live([number]).catch((error: unknown) => ({
          end: String(error),
          died: [],
          outcome: null,
        }));
        const line = `${index + 1}/${points.length}: died at step ${number} (${result.died[0]}): ${JSON.stringify(result.end)} ${result.outcome}`;
        process.stderr.write(`${line}\n`);
        if (JSON.stringify(result.end) !== JSON.stringify(HEALED)) failures.push(line);
      }
      expect(failures).toEqual([]);
    },
    2 * 3_600_000,
  );
});

/** Numbers of the steps to die at: every one, but of the many ticks that verify only the first few. */
function pointsOf(steps: readonly string[]): number[] {
  const firstVerified = steps.indexOf('verifying.finished');
  const last = Math.min(steps.length, firstVerified + 1 + STEPS_OF_A_TICK * 2);
  return Array.from({ length: last }, (_, index) => index + 1);
}

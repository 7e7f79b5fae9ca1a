import { sleep } from './clock.ts';
import type { Fault, Stage } from './fault.ts';
import { describeFeeling, type Feeling, feelingOf, isHurt, isWell, waitForUsers } from './users.ts';

/** What a fault did to users without Hale, and what the levers did by hand. Seconds count from the step before. */
export interface ProofRow {
  readonly fault: string;
  readonly seed: number;
  readonly quietP95Ms: number | null;
  readonly hurtAfterS: number | null;
  readonly hurtP95Ms: number | null;
  readonly hurtErrorShare: number;
  /** Whether users stayed hurt under the lever that must be refused; null where there is none. */
  readonly wrongLeverLeavesHurt: boolean | null;
  readonly curedAfterS: number | null;
  readonly asExpected: boolean;
}

const WINDOW_MS = 5_000;
const QUIET_MS = 10_000;
const TIMEOUT_MS = 60_000;
/** How long a wrong lever has to show that it does not help. */
const HARM_MS = 12_000;

/**
 * Shows that a fault is what it says: users are hurt, the refused lever does not help, the right one does. A row of the real run says
 * something about Hale only if this holds.
 */
export async function proveFault(fault: Fault, stage: Stage): Promise<ProofRow> {
  const { world, load, seed } = stage;
  const { clock, progress, signal } = world;
  const wait = { load, clock, signal, windowMs: WINDOW_MS, timeoutMs: TIMEOUT_MS };
  await fault.before?.(stage);
  await sleep(clock, QUIET_MS, signal);
  signal.throwIfAborted();
  const quiet = feelingOf(load, WINDOW_MS);
  progress.say(`${fault.id}: quiet, ${describeFeeling(quiet)}`);
  const onMs = clock.now();
  await fault.on(stage);
  const hurtAtMs = await waitForUsers({ ...wait, holdMs: 3_000 }, (now) => isHurt(now, quiet));
  const hurt = feelingOf(load, WINDOW_MS);
  progress.say(`${fault.id}: switched on, ${describeFeeling(hurt)}`);
  const wrongLeverLeavesHurt = await tryWrongLever(fault, stage, quiet);
  const cureMs = clock.now();
  await fault.cure?.(stage);
  const curedAtMs =
    fault.cure === undefined ? null : await waitForUsers({ ...wait, holdMs: WINDOW_MS }, (now) => isWell(now, quiet));
  progress.say(`${fault.id}: right lever pulled, ${describeFeeling(feelingOf(load, WINDOW_MS))}`);
  await fault.off(stage);
  const seconds = (fromMs: number, toMs: number | null) => (toMs === null ? null : Math.round((toMs - fromMs) / 1000));
  return {
    fault: fault.id,
    seed,
    quietP95Ms: rounded(quiet.p95Ms),
    hurtAfterS: seconds(onMs, hurtAtMs),
    hurtP95Ms: rounded(hurt.p95Ms),
    hurtErrorShare: Number(hurt.errorShare.toFixed(3)),
    wrongLeverLeavesHurt,
    curedAfterS: seconds(cureMs, curedAtMs),
    // What needs no cure must have hurt nobody.
    asExpected: fault.cure
      ? hurtAtMs !== null && wrongLeverLeavesHurt !== false && curedAtMs !== null
      : hurtAtMs === null,
  };
}

async function tryWrongLever(fault: Fault, stage: Stage, quiet: Feeling): Promise<boolean | null> {
  if (!fault.harm) return null;
  const { load, world } = stage;
  await fault.harm(stage);
  await sleep(world.clock, HARM_MS, world.signal);
  const after = feelingOf(load, WINDOW_MS);
  world.progress.say(`${fault.id}: wrong lever pulled, ${describeFeeling(after)}`);
  return isHurt(after, quiet);
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}

import type { IncidentDossier } from '../../src/operations/results.ts';
import { sleep } from './clock.ts';
import { takeSnapshot } from './cluster-snapshot.ts';
import { collateral } from './collateral.ts';
import { type Daemon, HALE_NAMESPACE } from './daemon.ts';
import { WorldError } from './errors.ts';
import type { Fault, Stage } from './fault.ts';
import { describeFeeling, type Feeling, feelingOf, isAtEase, isHurt, isWell, waitForUsers } from './users.ts';

/** What Hale made of a fault. Seconds count from the moment at which the fault was switched on. */
export interface HealRow {
  readonly fault: string;
  readonly seed: number;
  /** When users were first hurt. */
  readonly feltAfterS: number | null;
  readonly detectedAfterS: number | null;
  readonly cause: string | null;
  readonly causeExpected: string | null;
  /** Id of the remediation that was applied, or `notify`. */
  readonly lever: string | null;
  readonly leverExpected: string | null;
  /** The remediation that looks right and was not applied. */
  readonly refused: string | null;
  readonly recoveredAfterS: number | null;
  /** Failed requests of users from the fault to their recovery (or the end), and after it. */
  readonly userErrorsBefore: number;
  readonly userErrorsAfter: number;
  readonly collateral: readonly string[];
  readonly healed: boolean;
  readonly escalated: boolean;
  readonly asExpected: boolean;
}

/** What is usual has to have been seen for a while. */
const QUIET_MS = 180_000;
const WINDOW_MS = 5_000;
/** A machine that is busy for a moment may calm down. */
const AT_EASE_WITHIN_MS = 180_000;
/** A policy judges a change for ten minutes at most, and before it there is something to be seen, to be weighed and to be done. */
const TIMEOUT_MS = 16 * 60_000;
const LOOK_EVERY_MS = 1_000;
/** How long a shop in which nothing is wrong is watched for a false alarm. */
const CALM_MS = 4 * 60_000;
/** What is not expected to move is watched for so long after Hale has made up its mind. */
const AFTERMATH_MS = 20_000;
const IGNORED_NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'monitoring', HALE_NAMESPACE];
const ENDED = new Set(['resolved', 'self-resolved', 'escalated', 'watching', 'closed']);

/** Switches one fault on under Hale's eyes and tells what became of it. */
export async function healFault(fault: Fault, stage: Stage, daemon: Daemon): Promise<HealRow> {
  const { world, load, seed } = stage;
  const { clock, progress, signal } = world;
  await fault.before?.(stage);
  await sleep(clock, fault.quietMs ?? QUIET_MS, signal);
  signal.throwIfAborted();
  const quiet = await untilAtEase(fault, stage);
  const before = await takeSnapshot(world.admin, IGNORED_NAMESPACES);
  progress.say(`${fault.id}: quiet, ${describeFeeling(quiet)}`);

  const onMs = clock.now();
  await fault.on(stage);
  const wellness = followUsers(quiet);
  const end = await untilEnded(stage, daemon, fault, onMs, () =>
    wellness.look(feelingOf(load, WINDOW_MS), clock.now()),
  );
  // What users felt at the load generator, not what Hale read.
  const recoveredAtMs = end.healed ? wellness.wellSinceMs() : null;
  const settledMs = clock.now();
  await sleep(clock, AFTERMATH_MS, signal);
  const moved = collateral(before, await takeSnapshot(world.admin, IGNORED_NAMESPACES), fault.mayMove);
  progress.say(`${fault.id}: ${end.text}; ${describeFeeling(feelingOf(load, WINDOW_MS))}`);
  const row = {
    fault: fault.id,
    seed,
    feltAfterS: seconds(onMs, wellness.hurtAtMs()),
    detectedAfterS: seconds(onMs, end.detectedAtMs),
    cause: end.cause,
    causeExpected: fault.causeExpected,
    lever: end.lever,
    leverExpected: fault.leverExpected,
    refused: end.lever === 'notify' && end.rightLeverNamed ? (fault.refusedExpected ?? null) : null,
    recoveredAfterS: seconds(onMs, recoveredAtMs),
    userErrorsBefore: load.errorsBetween(onMs, recoveredAtMs ?? settledMs),
    userErrorsAfter: load.errorsBetween(recoveredAtMs ?? settledMs, clock.now()),
    collateral: moved,
    healed: end.healed && recoveredAtMs !== null,
    escalated: end.escalated,
  };
  const asExpected =
    row.cause === row.causeExpected &&
    row.lever === row.leverExpected &&
    // Where nothing is wrong, an incident without a cause is a false alarm as well.
    (fault.causeExpected !== null || row.detectedAfterS === null) &&
    row.refused === (fault.refusedExpected ?? null) &&
    moved.length === 0;
  return { ...row, asExpected };
}

/** What users feel before the fault. A shop that is hurt by itself would tell nothing of Hale, so there is no row then. */
async function untilAtEase(fault: Fault, { world, load }: Stage): Promise<Feeling> {
  const { clock, signal } = world;
  const wait = { load, clock, signal, windowMs: WINDOW_MS, holdMs: WINDOW_MS, timeoutMs: AT_EASE_WITHIN_MS };
  if ((await waitForUsers(wait, isAtEase)) === null) {
    const feeling = describeFeeling(feelingOf(load, WINDOW_MS));
    throw new WorldError(
      'not-at-ease',
      `${fault.id}: the shop was not at ease before the fault (${feeling}); this machine is too busy`,
    );
  }
  return feelingOf(load, WINDOW_MS);
}

/** When users were first hurt, and since when they have been well again without a break; null = never hurt, or hurt now. */
function followUsers(quiet: Feeling): {
  look(now: Feeling, atMs: number): void;
  wellSinceMs(): number | null;
  hurtAtMs(): number | null;
} {
  let hurtAtMs: number | null = null;
  let sinceMs: number | null = null;
  return {
    look(now, atMs) {
      if (isHurt(now, quiet)) hurtAtMs ??= atMs;
      sinceMs = hurtAtMs !== null && isWell(now, quiet) ? (sinceMs ?? atMs) : null;
    },
    wellSinceMs: () => sinceMs,
    hurtAtMs: () => hurtAtMs,
  };
}

interface End {
  readonly detectedAtMs: number | null;
  readonly cause: string | null;
  readonly lever: string | null;
  readonly rightLeverNamed: boolean;
  readonly healed: boolean;
  readonly escalated: boolean;
  readonly text: string;
}

/** Waits until every incident that leads a cause of its own is over; tells progress as phases change. */
async function untilEnded(
  { world }: Stage,
  daemon: Daemon,
  fault: Fault,
  onMs: number,
  look: () => void,
): Promise<End> {
  const { clock, progress, signal } = world;
  const deadlineMs = clock.now() + TIMEOUT_MS;
  const phases = new Map<string, string>();
  let dossiers: IncidentDossier[] = [];
  while (clock.now() < deadlineMs) {
    await sleep(clock, LOOK_EVERY_MS, signal);
    signal.throwIfAborted();
    look();
    const dead = await daemon.diedOf();
    if (dead !== null) throw new Error(`Hale died: ${dead}`);
    const incidents = (await daemon.incidents()).filter(({ openedAt }) => openedAt >= onMs);
    for (const { id, title, phase, outcome } of incidents) {
      if (phases.get(id) === phase) continue;
      phases.set(id, phase);
      progress.say(`${fault.id}: ${title}: ${phase}${outcome ? ` (${outcome})` : ''}`);
    }
    const isCalm = fault.causeExpected === null && incidents.length === 0;
    if (isCalm && clock.now() - onMs >= CALM_MS) return { ...endOf([], fault), text: 'no incident was opened' };
    // What is about no workload goes to a person at once; where something is wrong, it must not end the run before the others are there.
    const counts = incidents.filter(({ subject }) => subject !== null || fault.causeExpected === null);
    const leaders = counts.filter(({ phase }) => phase !== 'following');
    if (leaders.length === 0 || leaders.some(({ phase }) => !ENDED.has(phase))) continue;
    dossiers = await Promise.all(incidents.map(({ id }) => daemon.incident(id)));
    return endOf(dossiers, fault);
  }
  return { ...endOf(dossiers, fault), text: 'Hale did not come to an end in time' };
}

function endOf(dossiers: readonly IncidentDossier[], fault: Fault): End {
  const heal = dossiers.filter(({ incident }) => incident.purpose === 'heal');
  const led = heal.filter(({ incident }) => incident.causeKey !== null || incident.causes.length > 0);
  const acted = heal.find(({ intents }) => intents.some(({ outcome }) => outcome?.result === 'applied'));
  const main = acted ?? led.find(({ incident }) => incident.phase !== 'following') ?? led[0] ?? heal[0];
  const escalated = heal.some(({ incident }) => incident.phase === 'escalated');
  const healed = acted !== undefined && acted.incident.phase === 'resolved';
  const opened = heal.map(({ incident }) => incident.openedAt);
  const lever = acted ? (acted.intents[0]?.remediation ?? null) : escalated ? 'notify' : null;
  return {
    detectedAtMs: opened.length === 0 ? null : Math.min(...opened),
    cause: main?.incident.causes[0]?.reason ?? null,
    lever,
    rightLeverNamed: (main?.lever ?? null) !== null && main?.incident.causes[0]?.reason === fault.causeExpected,
    healed,
    escalated,
    text: main?.incident.outcome ?? 'no incident was opened',
  };
}

function seconds(fromMs: number, toMs: number | null): number | null {
  return toMs === null ? null : Math.round((toMs - fromMs) / 1_000);
}

import { HaleError } from '../domain/errors.ts';
import type { Incident } from '../domain/incident.ts';
import type { MovingRecord, Obligation, RecordRef } from '../domain/obligation.ts';
import type { WorkflowDeps } from './deps.ts';
import { auditInto, flush, oweInto } from './draft.ts';
import { GIVES_UP, giveUp } from './giving-up.ts';
import { DUTIES } from './obligations/index.ts';
import { openScene } from './open-scene.ts';
import { PHASE_TABLE } from './phases/index.ts';
import { createReadingPool, openReading, type ReadingPool } from './reading.ts';
import { type DutyScene, emptyDraft } from './scene.ts';
import { inTickSpan } from './spans.ts';
import { takeIn } from './take-in.ts';

/** Most inbox rows that one tick takes in; the rest wakes it again at once. */
const INBOX_PER_TICK = 500;
/** A tick that has not ended by then is aborted: its queries end, and it is tried again. */
const TICK_TIMEOUT_MS = 60_000;

export type Tick = (ref: RecordRef) => Promise<void>;
type Saved = readonly MovingRecord[];

/** The function that the waker calls: loads one record, runs the one function of its phase, commits, says when to be woken next. */
export function createTick(deps: WorkflowDeps, hint: (ref: RecordRef, wakeAt: number) => void): Tick {
  const pool = createReadingPool();
  return async (ref) => {
    const save =
      ref.record === 'incident' ? await tickIncident(deps, pool, ref.id) : await tickObligation(deps, pool, ref.id);
    for (const record of save)
      if (record.wakeAt !== null) hint({ record: record.record, id: record.id }, record.wakeAt);
  };
}

async function tickIncident(deps: WorkflowDeps, pool: ReadingPool, id: string): Promise<Saved> {
  const now = deps.clock.now();
  const stored = await deps.store.incident(id);
  if (stored === null || stored.wakeAt === null || stored.wakeAt > now) return stored ? [stored] : [];

  const attempts = stored.attempts + 1;
  const begun: Incident = { ...stored, attempts, wakeAt: now + backOffMs(attempts) };
  deps.steps.reached('tick-loaded', id);
  if (!(await commitAttempt(deps, begun, stored.version))) return [begun];
  deps.steps.reached('attempt-committed', id);

  const inbox = await deps.store.inboxHeads(id, stored.inboxRead, INBOX_PER_TICK);
  const incident = takeIn({ ...begun, version: stored.version + 1 }, inbox, now);
  return inTickSpan(stored.phase, id, async () => {
    const signal = AbortSignal.timeout(TICK_TIMEOUT_MS);
    const firing = inbox.filter(({ status }) => status === 'firing');
    const { scene, finish } = openScene(deps, pool, incident, now, signal, firing);
    try {
      const tooOften = attempts > deps.settings.maxAttempts && GIVES_UP.has(stored.phase);
      const next = tooOften
        ? await giveUp(incident, scene)
        : await PHASE_TABLE[stored.phase].run({ ...incident, wakeAt: now }, scene);
      return await finish(next);
    } catch (error) {
      deps.meter.tickFailed(stored.phase);
      logFailure(deps, { incidentId: id, phase: stored.phase, attempts }, error);
      return [begun];
    }
  });
}

async function tickObligation(deps: WorkflowDeps, pool: ReadingPool, id: string): Promise<Saved> {
  const now = deps.clock.now();
  const stored = await deps.store.obligation(id);
  if (stored === null || stored.status !== 'open' || stored.wakeAt === null || stored.wakeAt > now)
    return stored ? [stored] : [];

  const begun: Obligation = { ...stored, attempts: stored.attempts + 1, wakeAt: now + backOffMs(stored.attempts + 1) };
  if (!(await commitAttempt(deps, begun, stored.version))) return [begun];
  const change = emptyDraft();
  const signal = AbortSignal.timeout(TICK_TIMEOUT_MS);
  const scene: DutyScene = {
    deps,
    now,
    change,
    signal,
    audit: auditInto(change, stored.incidentId, deps),
    owe: oweInto(change, deps, stored.incidentId, stored.subject, now),
    reading: (incidentId) => openReading(deps, pool, incidentId, now, signal),
  };
  return inTickSpan(stored.duty.kind, id, async () => {
    try {
      const next = await DUTIES[stored.duty.kind].run({ ...begun, version: stored.version + 1 }, scene);
      const ended: Obligation = next.status === 'open' ? next : { ...next, wakeAt: null };
      const save = [{ record: ended, expectedVersion: stored.version + 1 }, ...change.save.splice(0)];
      const result = await deps.store.commit({ ...flush(change), save });
      return result === 'committed' ? save.map((item) => item.record) : [begun];
    } catch (error) {
      deps.meter.tickFailed(stored.duty.kind);
      logFailure(deps, { obligationId: id, duty: stored.duty.kind, attempts: begun.attempts }, error);
      return [begun];
    }
  });
}

/** Before anything else is done: from here on a crash costs a wait, and a record whose ticks keep dying is given up. */
async function commitAttempt(deps: WorkflowDeps, begun: MovingRecord, expectedVersion: number): Promise<boolean> {
  const { record, id, attempts, wakeAt } = begun;
  const attempt = { ref: { record, id }, expectedVersion, attempts, wakeAt: wakeAt ?? deps.clock.now() };
  return (await deps.store.commit({ attempt })) === 'committed';
}

function backOffMs(attempts: number): number {
  return Math.min(60_000, 2_000 * 2 ** (attempts - 1));
}

/** A tick that failed leaves the record as the attempt committed it: it is woken again after a back-off. */
function logFailure(deps: WorkflowDeps, data: Record<string, unknown>, error: unknown): void {
  if (error instanceof HaleError && error.retryable)
    deps.log.info({ ...data, code: error.code, reason: error.message }, 'tick put off');
  else deps.log.error({ ...data, err: error }, 'tick failed');
}

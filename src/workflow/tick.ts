import { createHash } from 'node:crypto';
import type { AuditEvent } from '../domain/audit-event.ts';
import { HaleError } from '../domain/errors.ts';
import type { Evidence } from '../domain/evidence.ts';
import { currentPlan, type Incident } from '../domain/incident.ts';
import type { Notification, Obligation, RecordRef } from '../domain/obligation.ts';
import type { Change, InboxHead } from '../ports/store.ts';
import type { WorkflowDeps } from './deps.ts';
import { DUTIES } from './obligations/index.ts';
import { PHASE_TABLE } from './phases/index.ts';
import { withPlanStatus } from './plan-status.ts';
import { createReadingPool, openReading, type ReadingPool } from './reading.ts';
import { type Draft, type DutyScene, emptyDraft, type Scene } from './scene.ts';
import { inTickSpan } from './spans.ts';
import { deliveryOf, escalate } from './telling.ts';

/** Most inbox rows that one tick takes in; the rest wakes it again at once. */
const INBOX_PER_TICK = 500;
/** Occurrences that are followed one by one: the record is written at every tick, and more of them for one workload say nothing new. */
const MAX_FIRING = 256;
/** Phases that give up after `maxAttempts`; the later ones retry without end. */
const GIVES_UP = new Set([
  'collecting',
  'diagnosing',
  'following',
  'planning',
  'gated',
  'held',
  'acting',
  'verifying',
  'rolling-back',
]);
/** A tick that has not ended by then is aborted: its queries end, and it is tried again. */
const TICK_TIMEOUT_MS = 60_000;

export type Tick = (ref: RecordRef) => Promise<void>;

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

type Saved = readonly (Incident | Obligation)[];

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

/** Before anything else is done: from here on a crash costs a wait, and a record whose ticks keep dying is given up. */
async function commitAttempt(
  deps: WorkflowDeps,
  begun: Incident | Obligation,
  expectedVersion: number,
): Promise<boolean> {
  const { record, id, attempts, wakeAt } = begun;
  const attempt = { ref: { record, id }, expectedVersion, attempts, wakeAt: wakeAt ?? deps.clock.now() };
  return (await deps.store.commit({ attempt })) === 'committed';
}

/** A tick that failed leaves the record as the attempt committed it: it is woken again after a back-off. */
function logFailure(deps: WorkflowDeps, data: Record<string, unknown>, error: unknown): void {
  if (error instanceof HaleError && error.retryable)
    deps.log.info({ ...data, code: error.code, reason: error.message }, 'tick put off');
  else deps.log.error({ ...data, err: error }, 'tick failed');
}

async function giveUp(incident: Incident, scene: Scene): Promise<Incident> {
  scene.audit('attempts-exhausted', `phase ${incident.phase} failed ${incident.attempts - 1} times`, {
    phase: incident.phase,
    attempts: incident.attempts,
  });
  const stopped = await letGo(incident, scene);
  return escalate(
    { ...stopped, attempts: 0 },
    scene,
    `internal-error: phase ${incident.phase} did not come to an end in ${incident.attempts - 1} attempts; its reasons are in the log`,
  );
}

/** Nothing of an action that was given up stays open: its intent gets an outcome, its subject is free, its plan is not verified. */
async function letGo(incident: Incident, scene: Scene): Promise<Incident> {
  scene.change.release = { holder: incident.id, what: 'held' };
  const plan = currentPlan(incident);
  const intent = incident.intentId === null ? null : await scene.deps.store.intent(incident.intentId);
  if (intent !== null && intent.outcome === null) {
    const detail = `given up in phase ${incident.phase} before its outcome was known`;
    scene.change.settle = { intentId: intent.id, outcome: { result: 'unknown', at: scene.now, detail } };
    scene.audit('intent-settled', `unknown: ${detail}`, { intent: intent.id, result: 'unknown' });
  }
  const written = intent !== null || plan?.status === 'applied';
  return plan !== undefined && written ? withPlanStatus(incident, plan.id, 'not-verified') : incident;
}

/** New signals change what is firing, never the phase. */
function takeIn(incident: Incident, inbox: readonly InboxHead[], now: number): Incident {
  const firing = new Set(incident.firing);
  for (const { status, occurrence } of inbox) if (status === 'firing') firing.add(occurrence);
  // A resolve counts whichever came first: both carry the same occurrence.
  for (const { status, occurrence } of inbox) if (status === 'resolved') firing.delete(occurrence);
  return {
    ...incident,
    firing: [...firing].slice(-MAX_FIRING),
    inboxRead: Math.max(incident.inboxRead, ...inbox.map((entry) => entry.position)),
    lastSignalAt: inbox.length > 0 ? now : incident.lastSignalAt,
  };
}

function openScene(
  deps: WorkflowDeps,
  pool: ReadingPool,
  incident: Incident,
  now: number,
  signal: AbortSignal,
  firing: readonly InboxHead[],
) {
  const change = emptyDraft();
  const told: Notification[] = [];
  const resolving: string[] = [];
  const reading = openReading(deps, pool, incident.id, now, signal);
  let version = incident.version;
  let savedEvidence = 0;

  const audit = auditInto(change, incident.id, deps);
  const owe = oweInto(change, deps, incident.id, incident.subject, now);
  const scene: Scene = {
    deps,
    reading,
    now,
    policies: deps.policies,
    change,
    newlyFiring: firing,
    audit,
    owe,
    tell: (notification) => void told.push({ ...notification, incidentId: incident.id }),
    resolveNotice: (text) => void resolving.push(text),
    step: (name) => deps.steps.reached(`${incident.phase}.${name}`, incident.id),
    async commitNow(current, more) {
      const save = [{ record: current, expectedVersion: version }, ...change.save.splice(0)];
      const saving = reading.evidence().length;
      const result = await deps.store.commit({ ...flush(change, reading, savedEvidence), ...more, save });
      if (result !== 'committed') return result;
      savedEvidence = saving;
      version += 1;
      return { ...current, version };
    },
  };

  async function finish(next: Incident): Promise<Saved> {
    const entered = await enter(incident, next, scene);
    for (const notification of told) await oweDelivery(deps, change, notification, entered, now);
    for (const text of resolving) await oweResolve(deps, change, entered, text, now);
    const save = [{ record: entered, expectedVersion: version }, ...change.save.splice(0)];
    scene.step('finishing');
    const result = await deps.store.commit({ ...flush(change, reading, savedEvidence), save });
    scene.step('finished');
    if (result === 'committed') return save.map((item) => item.record);
    // Something else came first (another incident took the cause key, a signal arrived while closing): look at the world again.
    deps.log.info(
      { incidentId: incident.id, phase: incident.phase, conflict: result.conflict, detail: result.detail },
      'tick overtaken',
    );
    return [{ ...entered, wakeAt: now + 200 }];
  }
  return { scene, finish };
}

/** Checks the arrow, stamps the phase and resets what a completed tick resets. */
async function enter(before: Incident, next: Incident, scene: Scene): Promise<Incident> {
  const completed: Incident = { ...next, attempts: 0 };
  if (next.phase === before.phase) return completed;
  if (!PHASE_TABLE[before.phase].leadsTo.includes(next.phase)) {
    throw new HaleError('internal-error', `phase ${before.phase} may not lead to ${next.phase}`);
  }
  scene.audit(
    'phase-entered',
    `${before.phase} -> ${next.phase}${next.outcome && next.outcome !== before.outcome ? `: ${next.outcome}` : ''}`,
    { from: before.phase, to: next.phase },
  );
  scene.deps.meter.phaseEntered(next.phase);
  const closed = next.phase === 'closed';
  return {
    ...completed,
    phaseSince: scene.now,
    wakeAt: closed ? null : scene.now,
    closedAt: closed ? scene.now : null,
  };
}

function flush(change: Draft, reading: { evidence(): readonly Evidence[] }, from: number): Omit<Change, 'save'> {
  const evidence = [...reading.evidence().slice(from), ...change.evidence.splice(0)];
  return {
    audit: change.audit.splice(0),
    ...(evidence.length > 0 ? { evidence } : {}),
    ...takeSignals(change),
    ...take(change, 'release'),
    ...take(change, 'reserve'),
    ...take(change, 'settle'),
    ...take(change, 'autonomy'),
  };
}

/** Signals wake the incident that they go to at once. */
function takeSignals(change: Draft): Pick<Change, 'signals' | 'wakeAt'> | object {
  const signals = change.signals.splice(0);
  return signals.length === 0 ? {} : { signals, wakeAt: Math.min(...signals.map(({ receivedAt }) => receivedAt)) };
}

function take<K extends 'release' | 'reserve' | 'settle' | 'autonomy'>(
  change: Draft,
  key: K,
): Pick<Change, K> | object {
  const value = change[key];
  change[key] = undefined;
  return value === undefined ? {} : { [key]: value };
}

function auditInto(change: Draft, incidentId: string | null, deps: WorkflowDeps) {
  return (kind: AuditEvent['kind'], text: string, data: Record<string, unknown> = {}): void => {
    change.audit.push({ at: deps.clock.now(), kind, incidentId, text: deps.redact.text(text), data });
  };
}

function oweInto(
  change: Draft,
  deps: WorkflowDeps,
  incidentId: string | null,
  subject: Obligation['subject'],
  now: number,
) {
  return (owed: Pick<Obligation, 'duty' | 'dueAt' | 'deadline'>, id = deps.newId()): string => {
    const record: Obligation = {
      record: 'obligation',
      id,
      version: 0,
      incidentId,
      subject,
      createdAt: now,
      wakeAt: owed.dueAt,
      attempts: 0,
      status: 'open',
      outcome: null,
      ...owed,
    };
    change.save.push({ record, expectedVersion: 0 });
    return id;
  };
}

/** One delivery per subject matter, for ever: its id comes from the dedupeKey. */
async function oweDelivery(
  deps: WorkflowDeps,
  change: Draft,
  notification: Notification,
  incident: Incident,
  now: number,
): Promise<void> {
  const id = deliveryId(notification.dedupeKey);
  if ((await deps.store.obligation(id)) !== null) return;
  oweInto(change, deps, incident.id, incident.subject, now)(deliveryOf(notification, now, deps.redact.outbound), id);
}

async function oweResolve(
  deps: WorkflowDeps,
  change: Draft,
  incident: Incident,
  text: string,
  now: number,
): Promise<void> {
  const deliveries = await deps.store.obligations({
    openOnly: false,
    incidentId: incident.id,
    kind: 'deliver-notification',
    limit: 20,
  });
  for (const { duty } of deliveries) {
    if (duty.kind !== 'deliver-notification' || duty.delivery.notification.severity !== 'page') continue;
    // One quiet incident does not end a storm.
    if (duty.delivery.notification.kind === 'storm') continue;
    const id = deliveryId(`resolve/${duty.delivery.notification.dedupeKey}`);
    if ((await deps.store.obligation(id)) !== null) continue;
    const notification: Notification = {
      ...duty.delivery.notification,
      kind: 'resolved',
      severity: 'info',
      title: text,
      lines: incident.outcome ? [incident.outcome] : [],
    };
    const delivery = deliveryOf(notification, now, deps.redact.outbound);
    oweInto(
      change,
      deps,
      incident.id,
      incident.subject,
      now,
    )({ ...delivery, duty: { ...delivery.duty, kind: 'resolve-notification' } }, id);
  }
}

function deliveryId(dedupeKey: string): string {
  return `tell-${createHash('sha256').update(dedupeKey).digest('hex').slice(0, 24)}`;
}

function backOffMs(attempts: number): number {
  return Math.min(60_000, 2_000 * 2 ** (attempts - 1));
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
      const result = await deps.store.commit({ ...flush(change, { evidence: () => [] }, 0), save });
      return result === 'committed' ? save.map((item) => item.record) : [begun];
    } catch (error) {
      deps.meter.tickFailed(stored.duty.kind);
      logFailure(deps, { obligationId: id, duty: stored.duty.kind, attempts: begun.attempts }, error);
      return [begun];
    }
  });
}

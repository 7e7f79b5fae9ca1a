import { HaleError } from '../domain/errors.ts';
import type { Incident } from '../domain/incident.ts';
import type { MovingRecord, Notification } from '../domain/obligation.ts';
import { SIGNALS_SHOWN } from '../domain/signal.ts';
import type { InboxHead } from '../ports/store.ts';
import { oweDelivery, oweResolve } from './deliveries.ts';
import type { WorkflowDeps } from './deps.ts';
import { auditInto, flush, oweInto } from './draft.ts';
import { PHASE_TABLE } from './phases/index.ts';
import { openReading, type ReadingPool } from './reading.ts';
import { emptyDraft, type Scene } from './scene.ts';

/** What a tick works with: the scene that its phase gets, and the commit at its end. */
export interface OpenScene {
  readonly scene: Scene;
  /** Commits `next` with all that the scene collected; returns what was saved, or what is to be looked at again soon. */
  readonly finish: (next: Incident) => Promise<readonly MovingRecord[]>;
}

/** A tick that was overtaken looks again so soon. */
const LOOK_AGAIN_MS = 200;

export function openScene(
  deps: WorkflowDeps,
  pool: ReadingPool,
  incident: Incident,
  now: number,
  signal: AbortSignal,
  newlyFiring: readonly InboxHead[],
): OpenScene {
  const change = emptyDraft();
  const told: Notification[] = [];
  const resolving: string[] = [];
  const reading = openReading(deps, pool, incident.id, now, signal);
  let version = incident.version;
  let savedEvidence = 0;

  const scene: Scene = {
    deps,
    reading,
    now,
    policies: deps.policies,
    change,
    newlyFiring,
    audit: auditInto(change, incident.id, deps),
    owe: oweInto(change, deps, incident.id, incident.subject, now),
    tell: (notification) => void told.push({ ...notification, incidentId: incident.id }),
    resolveNotice: (text) => void resolving.push(text),
    step: (name) => deps.steps.reached(`${incident.phase}.${name}`, incident.id),
    async commitNow(current, more) {
      const save = [{ record: current, expectedVersion: version }, ...change.save.splice(0)];
      const saving = reading.evidence().length;
      const result = await deps.store.commit({
        ...flush(change, reading.evidence().slice(savedEvidence)),
        ...more,
        save,
      });
      if (result !== 'committed') return result;
      savedEvidence = saving;
      version += 1;
      return { ...current, version };
    },
  };

  async function finish(next: Incident): Promise<readonly MovingRecord[]> {
    const entered = await enter(incident, next, scene);
    for (const notification of told) await oweDelivery(deps, change, notification, entered, now);
    for (const text of resolving) await oweResolve(deps, change, entered, text, now);
    const save = [
      { record: entered, expectedVersion: version, ...unreadWaits(incident, entered) },
      ...change.save.splice(0),
    ];
    scene.step('finishing');
    const result = await deps.store.commit({ ...flush(change, reading.evidence().slice(savedEvidence)), save });
    scene.step('finished');
    if (result === 'committed') return save.map((item) => item.record);
    // Something else came first (another incident took the cause key, a signal arrived while closing): look at the world again.
    deps.log.info(
      { incidentId: incident.id, phase: incident.phase, conflict: result.conflict, detail: result.detail },
      'tick overtaken',
    );
    return [{ ...entered, wakeAt: now + LOOK_AGAIN_MS }];
  }
  return { scene, finish };
}

/** Signals that came while it was diagnosed bring no news when it holds plenty already: they wait for its next look. */
function unreadWaits(before: Incident, { phase, firing, wakeAt }: Incident): { unreadWakeAt?: number } {
  const plenty = phase === 'diagnosing' && before.phase === phase && firing.length >= SIGNALS_SHOWN;
  return plenty && wakeAt !== null ? { unreadWakeAt: wakeAt } : {};
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

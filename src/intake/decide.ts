import type { AuditEvent } from '../domain/audit-event.ts';
import type { Incident } from '../domain/incident.ts';
import { newIncident } from '../domain/new-incident.ts';
import type { Signal } from '../domain/signal.ts';
import type { WrittenSignal } from '../domain/signal-text.ts';
import type { IntakeView } from '../ports/store.ts';
import { incidentOpened } from './incident-opened.ts';
import { incidentTitle, type Observation } from './observation.ts';

export interface Decision {
  readonly signals: readonly (Signal | WrittenSignal)[];
  readonly opened: readonly { readonly incident: Incident; readonly audit: AuditEvent }[];
  /** Incidents that get a signal. */
  readonly touched: ReadonlySet<string>;
  /** Each of these is new or in no hurry (`IntakeView.unhurried`), and looks by itself soon enough. */
  readonly allUnhurried: boolean;
  readonly duplicates: number;
  readonly ignored: number;
}

/**
 * Which incident each observation of a body belongs to. Pure. What is left firing does not depend on the order of arrival: a resolve closes its
 * occurrence for good, also when it comes first.
 */
export function decide(
  observations: readonly Observation[],
  view: IntakeView,
  { now, settleMs, newId }: { readonly now: number; readonly settleMs: number; readonly newId: () => string },
): Decision {
  const resolved = new Set(view.resolvedOccurrences);
  for (const { signal } of observations) if (signal.status === 'resolved') resolved.add(signal.occurrence);

  const seen = new Set<string>();
  const signals: (Signal | WrittenSignal)[] = [];
  const opened = new Map<string, { incident: Incident; audit: AuditEvent }>();
  const touched = new Set<string>();
  let duplicates = 0;
  let ignored = 0;

  for (const observation of observations) {
    const { signal, key } = observation;
    if (view.knownDedupeKeys.has(signal.dedupeKey) || seen.has(signal.dedupeKey)) {
      duplicates += 1;
      continue;
    }
    seen.add(signal.dedupeKey);
    if (signal.status === 'firing' && resolved.has(signal.occurrence)) {
      ignored += 1;
      continue;
    }
    const incidentId =
      signal.status === 'firing' ? (view.openIncidents.get(key) ?? open(observation)) : holderOf(observation, view);
    if (incidentId !== null) touched.add(incidentId);
    signals.push({ ...signal, incidentId });
  }
  const fresh = new Set([...opened.values()].map(({ incident }) => incident.id));
  const allUnhurried = [...touched].every((id) => fresh.has(id) || view.unhurried.has(id));
  return { signals, opened: [...opened.values()], touched, allUnhurried, duplicates, ignored };

  function open(observation: Observation): string {
    const { key, workload, name } = observation;
    const existing = opened.get(key);
    if (existing !== undefined) return existing.incident.id;
    const incident = newIncident({
      id: newId(),
      key,
      title: incidentTitle(observation),
      subject: workload?.subject ?? null,
      now,
      wakeAt: now + settleMs,
    });
    opened.set(key, { incident, audit: incidentOpened(incident, name) });
    return incident.id;
  }
}

/** A resolve goes to where its firing is, even when the pod that led to the workload is gone; else to what is open under its keys. */
function holderOf({ key, fingerprintKey, firingKeys }: Observation, view: IntakeView): string | null {
  for (const firingKey of firingKeys) {
    const holder = view.knownDedupeKeys.get(firingKey);
    if (typeof holder === 'string') return holder;
  }
  return view.openIncidents.get(key) ?? view.openIncidents.get(fingerprintKey) ?? null;
}

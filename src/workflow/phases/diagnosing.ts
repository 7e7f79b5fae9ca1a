import type { Cause, Finding } from '../../domain/finding.ts';
import { causeKey } from '../../domain/finding.ts';
import { type Incident, WATCHDOG_KEY } from '../../domain/incident.ts';
import { REASONS } from '../../domain/reason.ts';
import { type Subject, subjectName } from '../../domain/subject.ts';
import { namespaceOf } from '../../domain/workload-series.ts';
import { subjectKey } from '../../gates/target-busy.ts';
import { oweInvestigation, oweNarrative } from '../advising.ts';
import { detect } from '../detecting.ts';
import { meaningOf } from '../recognising.ts';
import { recurrenceSignal } from '../recurrence.ts';
import type { PhaseStep, Scene } from '../scene.ts';
import { readSurroundings } from '../surroundings/index.ts';
import { escalate } from '../telling.ts';

/** Detectors read, diagnosis ranks, and the first cause is reserved: one incident leads it, all others follow. */
export const diagnosing: PhaseStep = {
  does: 'runs the detectors, ranks causes, reserves the first cause as leader',
  leadsTo: ['planning', 'following', 'watching', 'self-resolved', 'escalated'],
  async run(undiagnosed, scene) {
    const { alerts, onlyAbout } = await meaningOf(undiagnosed, scene);
    const incident: Incident = { ...undiagnosed, alerts: [...alerts] };
    const isNotice = onlyAbout === 'informational';
    const noticed: Incident = { ...incident, phase: 'watching', outcome: NOTHING_WRONG };
    if (incident.subject === null) {
      if (isNotice) return noticed;
      const elsewhere = await outOfScope(incident, scene);
      if (elsewhere !== null) return { ...incident, phase: 'watching', outcome: elsewhere };
      return escalate(incident, scene, unresolvedText(incident));
    }

    const { findings, failures, gone } = await detect(incident, scene);
    if (gone)
      return escalate(
        incident,
        scene,
        `${subjectName(incident.subject)} no longer exists; nothing can be diagnosed on it`,
      );
    const { causes, unexplained } = await diagnose(incident, incident.subject, findings, scene);
    const diagnosed: Incident = { ...incident, findings: [...findings], causes: [...causes] };
    await oweInvestigation(diagnosed, scene);
    const [first] = causes;
    // What reads like a notice may be none: it calls nobody only where no detector finds anything either.
    if (first === undefined && isNotice && findings.length === 0 && failures.length === 0) return noticed;
    if (first === undefined) return withoutCause(diagnosed, { findings, failures, unexplained }, scene);
    // The first that shows is often not what will be told; a person is called for a guess only when nothing surer comes.
    if (first.confidence < SURE && incident.causeKey === null && isPatient(incident, scene))
      return { ...diagnosed, wakeAt: scene.now + scene.deps.settings.diagnosisEveryMs };
    if (onlyAbout === 'telemetry') return escalate(diagnosed, scene, `${ABOUT_MONITORING}; found: ${first.summary}`);
    return lead(diagnosed, first, scene);
  },
};

/** The least that the shipped policies ask of a cause. */
const SURE = 0.6;
const NOTHING_WRONG = 'its alerts are notices: nothing is wrong';
/** What is wrong with the monitoring is no reason to change the workload that it watches. */
const ABOUT_MONITORING = 'its alerts are about the monitoring, upon which Hale does not act';

/** Surroundings are read where they decide something: to rank what was found, and before a person is told that nothing was. */
async function diagnose(incident: Incident, subject: Subject, findings: readonly Finding[], scene: Scene) {
  const ranks = findings.some(({ reason }) => REASONS[reason].role === 'cause');
  const gone = findings.length === 0 && incident.firing.length === 0;
  if (!ranks && (gone || isPatient(incident, scene))) return scene.deps.diagnose(findings);
  return scene.deps.diagnose(findings, await readSurroundings(subject, incident.openedAt, scene.reading));
}

function isPatient(incident: Incident, scene: Scene): boolean {
  return scene.now - incident.phaseSince < scene.deps.settings.diagnosisPatienceMs;
}

async function lead(incident: Incident, cause: Cause, scene: Scene): Promise<Incident> {
  const key = causeKey(cause);
  const leader = await scene.deps.store.leaderOf(key);
  // What is found where another incident is changing something is not told apart from what that change has not mended yet.
  if (leader === null && (await isBeingChanged(cause.subject, incident, scene)))
    return { ...incident, wakeAt: scene.now + scene.deps.settings.diagnosisEveryMs };
  const known = incident.causeKey === key;
  if (!known) {
    scene.audit('cause-named', `${cause.reason} on ${subjectName(cause.subject)}: ${cause.summary}`, {
      reason: cause.reason,
      confidence: cause.confidence,
    });
    scene.deps.meter.causeNamed(cause.reason);
    await oweNarrative(incident, cause, scene);
  }
  if (leader !== null && leader.id !== incident.id && OVER.has(leader.phase)) return callBack(incident, leader, scene);
  if (leader !== null && leader.id !== incident.id)
    return { ...incident, phase: 'following', leaderId: leader.id, causeKey: null };
  // The same cause again, after a plan for it was refused: keep watching instead of asking the gates in circles.
  if (known && incident.plans.some((plan) => plan.status === 'denied')) return { ...incident, phase: 'watching' };
  return { ...incident, phase: 'planning', causeKey: key, leaderId: null };
}

/** Each of these ends by a deadline of its own. */
const CHANGING: ReadonlySet<Incident['phase']> = new Set(['acting', 'verifying', 'rolling-back']);

async function isBeingChanged({ uid }: Subject, { id }: Incident, { deps: { store } }: Scene): Promise<boolean> {
  const holder = await store.holderOf(subjectKey(uid));
  if (holder === null || holder === id) return false;
  const other = await store.incident(holder);
  return other !== null && CHANGING.has(other.phase);
}

/** Phases in which the leader of a cause waits for its recurrence window to end, and leads nothing any more. */
const OVER: ReadonlySet<Incident['phase']> = new Set(['resolved', 'self-resolved']);

/** The cause is back while its last leader still waits: that one is told, comes back one rung up, and leads again. */
function callBack(incident: Incident, leader: Incident, scene: Scene): Incident {
  scene.change.signals.push(
    recurrenceSignal({ id: scene.deps.newId(), incidentId: leader.id, source: incident.id, now: scene.now }),
  );
  return { ...incident, wakeAt: scene.now + scene.deps.settings.diagnosisEveryMs };
}

interface Undiagnosed {
  readonly findings: readonly Finding[];
  readonly failures: readonly string[];
  readonly unexplained: string | null;
}

async function withoutCause(
  incident: Incident,
  { findings, failures, unexplained }: Undiagnosed,
  scene: Scene,
): Promise<Incident> {
  if (incident.firing.length === 0 && findings.length === 0 && failures.length === 0) {
    scene.resolveNotice(`${incident.title}: gone by itself`);
    return { ...incident, phase: 'self-resolved', outcome: 'every signal is resolved and no detector finds anything' };
  }
  if (isPatient(incident, scene)) return { ...incident, wakeAt: scene.now + scene.deps.settings.diagnosisEveryMs };

  const found = findings.map((finding) => finding.summary).join('; ');
  const failed = failures.length > 0 ? `; could not look: ${failures.join('; ')}` : '';
  return escalate(
    incident,
    scene,
    `no cause found${found ? ` for: ${found}` : ''}${unexplained ? `; ${unexplained}` : ''}${failed}`,
  );
}

/** What the operator left out of Hale's sight is not Hale's to call a person for: whoever sent the alert has done that. */
async function outOfScope(incident: Incident, { deps }: Scene): Promise<string | null> {
  const { namespaces } = deps.gates.scope;
  if (incident.key === WATCHDOG_KEY || namespaces.includes('*')) return null;
  const inbox = await deps.store.inbox(incident.id, 0, 100);
  const named = new Set(inbox.map(({ signal }) => namespaceOf(signal.labels)));
  const outside = [...named].filter((one) => one !== null && !namespaces.includes(one));
  if (outside.length === 0 || outside.length < named.size) return null;
  return `about namespace ${outside.join(', ')}, which is not in scope.namespaces: Hale does not look there`;
}

function unresolvedText(incident: Incident): string {
  if (incident.key === WATCHDOG_KEY) return incident.title;
  return `no workload could be resolved from the labels of ${incident.title}: add namespace and pod (or deployment) labels to the alert`;
}

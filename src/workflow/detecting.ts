import { isWaitingFor } from '../diagnosis/index.ts';
import { isHaleError } from '../domain/errors.ts';
import type { Finding } from '../domain/finding.ts';
import type { Incident } from '../domain/incident.ts';
import { CauseReason } from '../domain/reason.ts';
import { SIGNALS_SHOWN, type SignalKind } from '../domain/signal.ts';
import type { Subject } from '../domain/subject.ts';
import type { IncidentView } from '../plugin/context.ts';
import type { Detector } from '../plugin/detector.ts';
import type { WorkloadView } from '../ports/cluster.ts';
import type { InboxEntry } from '../ports/store.ts';
import { inOrder } from './recognising.ts';
import type { Scene } from './scene.ts';

export interface Detection {
  readonly findings: readonly Finding[];
  /** Detectors that could not look, with the reason. */
  readonly failures: readonly string[];
  /** The subject does not exist any more. */
  readonly gone: boolean;
}

/** A second look: which detectors are asked (undefined: all), and on whom they found the cause. */
export interface Again {
  readonly only: ReadonlySet<string> | undefined;
  readonly on: Subject;
}

/**
 * Runs every detector that listens to the incident's signals on its workload and on those that it waits for. One that fails is said; it does not
 * stop the others.
 */
export async function detect(incident: Incident, scene: Scene, again?: Again): Promise<Detection> {
  const workload = await subjectOf(incident, scene);
  if (workload === null) return { findings: [], failures: [], gone: true };

  const inbox = await scene.deps.store.inbox(incident.id, 0, SIGNALS_SHOWN);
  const view = viewOf(incident, workload, inbox);
  // A guess is tested on its own suspect, below.
  const kinds = new Set<SignalKind>(inbox.map(({ signal }) => signal.kind).filter((kind) => kind !== 'hypothesis'));
  const asked = inOrder(scene.deps.detectors.values(), incident.alerts ?? []).filter(
    // An incident without signals of its own (it came back, or runs a return) is everybody's.
    ({ id, listensTo }) =>
      (again?.only?.has(id) ?? true) && (kinds.size === 0 || listensTo.some((kind) => kinds.has(kind))),
  );
  const findings: Finding[] = [];
  const failures: string[] = [];
  const lookAt = async (at: IncidentView): Promise<void> => {
    for (const detector of asked) {
      const looked = await look(detector, at, incident, scene);
      findings.push(...looked.findings.filter((finding) => !findings.some((known) => isSame(known, finding))));
      failures.push(...looked.failures);
    }
  };
  await lookAt(view);
  const blamed = [...(again ? [again.on] : []), ...waitedFor(findings)];
  for (const other of othersOf(workload, blamed, scene))
    await lookAt({ ...view, subject: other.subject, workload: other });
  for (const suspicion of suspicionsOf(inbox, scene)) {
    const found = await test(suspicion, view, incident, scene);
    findings.push(...found.filter((finding) => !findings.some((known) => isSame(known, finding))));
  }
  return { findings, failures, gone: false };
}

/** Workloads beyond the incident's own that are looked at as well; each costs the queries of every detector. */
const MAX_WAITED_FOR = 2;

/** Who is waited for is not what is wrong: what ails it is looked for there. */
function waitedFor(findings: readonly Finding[]): readonly Subject[] {
  return findings.filter(({ reason }) => isWaitingFor(reason)).map(({ subject }) => subject);
}

/** Those that are other workloads of this cluster, each once. */
function othersOf(own: WorkloadView, subjects: readonly Subject[], { deps }: Scene): readonly WorkloadView[] {
  const there = subjects.flatMap((subject) => deps.cluster.workload(subject) ?? []);
  const others = there.filter(({ subject }) => subject.uid !== own.subject.uid);
  return [...new Map(others.map((one) => [one.subject.uid, one])).values()].slice(0, MAX_WAITED_FOR);
}

async function look(
  detector: Detector,
  view: IncidentView,
  incident: Incident,
  scene: Scene,
): Promise<Omit<Detection, 'gone'>> {
  try {
    const findings = await detector.detect(view, scene.deps.detectorConfig[detector.id] ?? {}, scene.reading);
    for (const finding of findings) {
      // Every look before a write sees it again, with other figures: that is no news.
      if (incident.findings.some((known) => isSame(known, finding))) continue;
      scene.audit('finding-recorded', `${detector.id}: ${finding.summary}`, {
        detector: detector.id,
        reason: finding.reason,
        confidence: finding.confidence,
        figures: finding.figures,
      });
    }
    return { findings, failures: [] };
  } catch (error) {
    if (!isHaleError(error))
      scene.deps.log.error({ detector: detector.id, incidentId: incident.id, err: error }, 'detector threw');
    return { findings: [], failures: [`${detector.id}: ${error instanceof Error ? error.message : String(error)}`] };
  }
}

/** What a model suspects: a cause of the closed list on a workload that exists. */
interface Suspicion {
  readonly reason: CauseReason;
  readonly workload: WorkloadView;
}

/** Most suspicions that are tested; each costs the queries of every detector. */
const MAX_SUSPICIONS = 3;

function suspicionsOf(inbox: readonly InboxEntry[], scene: Scene): readonly Suspicion[] {
  return inbox
    .filter(({ signal }) => signal.kind === 'hypothesis')
    .flatMap(({ signal: { labels } }) => {
      const reason = CauseReason.safeParse(labels.reason);
      const { kind = '', namespace = '', name = '' } = labels;
      const workload = scene.deps.cluster.workload({ kind, namespace, name });
      return reason.success && workload !== null ? [{ reason: reason.data, workload }] : [];
    })
    .slice(0, MAX_SUSPICIONS);
}

/** Every detector looks at the suspect as if it were the subject; only the very cause that was suspected counts, by the detector's own measure. */
async function test(
  { reason, workload }: Suspicion,
  view: IncidentView,
  incident: Incident,
  scene: Scene,
): Promise<readonly Finding[]> {
  const { subject } = workload;
  const suspect: IncidentView = { ...view, subject, workload };
  const found: Finding[] = [];
  for (const detector of scene.deps.detectors.values())
    found.push(...(await look(detector, suspect, incident, scene)).findings);
  return found.filter((finding) => finding.reason === reason && finding.subject.uid === subject.uid);
}

function isSame(a: Finding, b: Finding): boolean {
  return a.detector === b.detector && a.reason === b.reason && a.subject.uid === b.subject.uid;
}

async function subjectOf(incident: Incident, scene: Scene): Promise<WorkloadView | null> {
  const { subject } = incident;
  if (subject === null) return null;
  const cached = scene.deps.cluster.workload(subject);
  if (cached?.subject.uid === subject.uid) return cached;
  const fresh = await scene.deps.cluster.freshWorkload(subject, scene.reading.signal);
  return fresh?.subject.uid === subject.uid ? fresh : null;
}

function viewOf(incident: Incident, workload: WorkloadView, inbox: readonly InboxEntry[]): IncidentView {
  const firing = inbox.map((entry) => entry.signal).filter((signal) => signal.status === 'firing');
  const current = firing.filter((signal) => incident.firing.includes(signal.occurrence));
  return {
    id: incident.id,
    subject: workload.subject,
    workload,
    signals: firing.map(({ name, labels, startedAt }) => ({ name, labels, startedAt })),
    since: Math.min(incident.openedAt, ...current.map((signal) => signal.startedAt)),
  };
}

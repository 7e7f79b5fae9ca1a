import { HaleError, isHaleError } from '../../domain/errors.ts';
import type { Evidence } from '../../domain/evidence.ts';
import type { Incident } from '../../domain/incident.ts';
import { addSpend, type Hypothesis, type ModelSpend, NO_SPEND } from '../../domain/model-words.ts';
import type { Obligation } from '../../domain/obligation.ts';
import { subjectName } from '../../domain/subject.ts';
import { investigationTools, type ModelAccount, type ModelAdvisor, reservationsOf } from '../../model/index.ts';
import type { Duty, DutyScene } from '../scene.ts';

/** Words are worth few tries: nothing waits for them. */
const MAX_TRIES = 3;
/** Evidence of an incident that a model is shown at most, newest first; its size is capped as well. */
const MAX_EVIDENCE = 60;

/** The story of an incident in a model's words. Nothing is ever decided by it. */
export const writeNarrative: Duty = {
  does: 'asks the model, where one is configured, for the story of the incident; kept as evidence, shown as such',
  run: (obligation, scene) =>
    advised(obligation, scene, async ({ incident, evidence, advisor, account }) => {
      const narrative = await advisor.narrate(incident, evidence, account, scene.signal);
      keepWords(scene, incident, 'model-narrative', `written by ${advisor.name}`, narrative);
      return 'written';
    }),
};

/** A bounded look of the model where code found no cause; what it suspects goes to the detectors as a signal. */
export const investigate: Duty = {
  does: 'asks the model, where one is configured, for hypotheses; each that names a cause is tested by the detectors',
  run: (obligation, scene) =>
    advised(obligation, scene, async ({ incident, evidence, advisor, account }) => {
      const reading = scene.reading(incident.id);
      const given = { evidence, tools: investigationTools(reading) };
      const hypotheses = await advisor.investigate(incident, given, account, scene.signal);
      scene.change.evidence.push(...reading.evidence());
      keepWords(scene, incident, 'model-hypotheses', `suspected by ${advisor.name}`, { hypotheses });
      const tested = hypotheses.flatMap((guess) => suspicionOf(guess, incident, scene));
      scene.change.signals.push(...tested);
      return `${hypotheses.length} hypotheses, ${tested.length} for the detectors to test`;
    }),
};

interface Advised {
  readonly incident: Incident;
  readonly evidence: readonly Evidence[];
  readonly advisor: ModelAdvisor;
  readonly account: ModelAccount;
}

/** What both have in common: an open incident, a budget, and an end whatever the model does. */
async function advised(
  obligation: Obligation,
  scene: DutyScene,
  ask: (given: Advised) => Promise<string>,
): Promise<Obligation> {
  const { duty, incidentId } = obligation;
  const { advisor, store } = scene.deps;
  if (duty.kind !== 'write-narrative' && duty.kind !== 'investigate') return obligation;
  if (advisor === null || incidentId === null)
    return { ...obligation, status: 'void', outcome: 'no model is configured' };
  const incident = await store.incident(incidentId);
  if (incident === null || incident.phase === 'closed')
    return { ...obligation, status: 'void', outcome: 'the incident is over' };
  if (scene.now > obligation.deadline) return { ...obligation, status: 'failed', outcome: 'too late to be of use' };

  let spend: ModelSpend = NO_SPEND;
  const account: ModelAccount = {
    async allow() {
      const items = reservationsOf(incident.id, advisor.budget);
      const taken = await store.commit({ reserve: { holder: obligation.id, at: scene.deps.clock.now(), items } });
      if (taken !== 'committed') throw new HaleError('model-budget-spent', taken.detail);
    },
    spent(more) {
      spend = addSpend(spend, more);
      scene.deps.meter.modelSpent(duty.kind, more);
    },
  };
  const accounted = (): Obligation => ({ ...obligation, duty: { ...duty, spend: addSpend(duty.spend, spend) } });
  try {
    const evidence = (await store.evidenceOf(incident.id)).toSorted((a, b) => b.at - a.at).slice(0, MAX_EVIDENCE);
    const outcome = await ask({ incident, evidence, advisor, account });
    scene.audit('model-asked', `${duty.kind}: ${outcome}`, { duty: duty.kind, ...spend });
    return { ...accounted(), status: 'done', outcome };
  } catch (error) {
    if (!isHaleError(error) && !scene.signal.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    scene.audit('model-asked', `${duty.kind}: nothing usable: ${why}`, { duty: duty.kind, ...spend });
    const again = isHaleError(error, 'model-unavailable') && obligation.attempts < MAX_TRIES;
    return again ? accounted() : { ...accounted(), status: 'failed', outcome: why };
  }
}

function keepWords(
  scene: DutyScene,
  incident: Incident,
  kind: 'model-narrative' | 'model-hypotheses',
  title: string,
  body: unknown,
): void {
  const { now: at, deps } = scene;
  scene.change.evidence.push({
    id: deps.newId(),
    incidentId: incident.id,
    kind,
    source: 'model',
    title,
    query: '',
    from: at,
    to: at,
    at,
    body,
    truncated: false,
  });
}

/** A guess that names a cause and a workload that exists, as a signal: it wakes the incident and proves nothing. */
function suspicionOf({ reason, subject, says }: Hypothesis, incident: Incident, scene: DutyScene) {
  const [, kind, namespace, name] = /^(\w+) ([a-z0-9.-]+)\/([a-z0-9.-]+)$/.exec(subject ?? '') ?? [];
  if (reason === null || kind === undefined || namespace === undefined || name === undefined) return [];
  const workload = scene.deps.cluster.workload({ kind, namespace, name });
  if (workload === null) return [];
  const occurrence = `hypothesis|${incident.id}|${reason}|${workload.subject.uid}`;
  return [
    {
      id: scene.deps.newId(),
      kind: 'hypothesis' as const,
      dedupeKey: occurrence,
      occurrence,
      // Nothing fires: a guess keeps no incident open.
      status: 'resolved' as const,
      name: `${reason} on ${subjectName(workload.subject)}?`,
      labels: { reason, kind, namespace, name },
      annotations: { says },
      generatorUrl: '',
      startedAt: scene.now,
      receivedAt: scene.now,
      incidentId: incident.id,
    },
  ];
}

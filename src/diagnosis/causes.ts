import { type Cause, causeKey, type Finding } from '../domain/finding.ts';
import { CauseReason, REASONS } from '../domain/reason.ts';
import type { Subject } from '../domain/subject.ts';

/** Whether what is wrong with `cause` can be what is felt at `felt`, by who calls whom. */
export type CanExplain = (cause: Subject, felt: Subject) => boolean;

/**
 * From findings to causes, in the order of the findings. Findings of the same reason on the same subject are one cause; every symptom is
 * explained by every cause that lies on its way. A subject whose database has no room, or whose connections are leaked,
 * locked or slow, is not waiting for its pool, whatever else was found.
 */
export function causesOf(findings: readonly Finding[], canExplain: CanExplain): readonly Cause[] {
  const symptoms = findings.filter((finding) => REASONS[finding.reason].role === 'symptom');
  const byKey = new Map<string, Cause>();
  for (const finding of findings) {
    const reason = CauseReason.safeParse(finding.reason);
    if (!reason.success) continue;
    const key = causeKey({ reason: reason.data, subject: finding.subject });
    const known = byKey.get(key);
    const felt = symptoms.filter((symptom) => canExplain(finding.subject, symptom.subject));
    const speaking = known && findings.find(({ id }) => id === known.explains[0]);
    byKey.set(key, known && speaking ? merged(known, speaking, finding) : causeOf(reason.data, finding, felt));
  }
  return withoutContradictions([...byKey.values()]);
}

/**
 * What on the same subject makes a cause a mere symptom. More replicas are the answer to waiting alone, and make what voids it worse or no better;
 * a processor is full, and traffic is too much, because the autoscaler may not add what it wants to add.
 */
const VOIDED_BY: { readonly [K in Cause['reason']]?: ReadonlySet<Finding['reason']> } = {
  'connection-pool-waiting': new Set(['database-connections-exhausted', 'lock-waits', 'slow-query', 'connection-leak']),
  'cpu-saturated': new Set(['autoscaler-at-limit']),
  'traffic-surge': new Set(['autoscaler-at-limit']),
};

/** Whether something else on the same subject can make this cause a mere symptom. */
export function isVoidable(reason: Cause['reason']): boolean {
  return VOIDED_BY[reason] !== undefined;
}

/** Whether one cause makes another one on the same subject a mere symptom. */
export function isDeeper(reason: Finding['reason'], than: Cause['reason']): boolean {
  return VOIDED_BY[than]?.has(reason) ?? false;
}

/** From this confidence on, what ails a workload explains why others wait for it. */
const EXPLAINS_WAITING = 0.5;
/** What detectors take off where nobody measures users, at the least; and how sure a cause can be by its callers alone. */
const FELT_BY_CALLERS = 0.2;
const MOST_BY_CALLERS = 0.8;

/** Whether it says only that somebody waits for the subject, and nothing of what is wrong with it. */
export function isWaitingFor(reason: Finding['reason']): boolean {
  return reason === 'dependency-slow' || reason === 'dependency-down';
}

/** How much surer it makes a surge that the workload is short of what it needs to serve it. */
const SURER_BY_SHORTAGE = 0.25;

/**
 * Whether a shortage is what a surge does: more of it is the answer to both, and the surge says until when. A shortage that began with a change of what
 * it runs or may use stands by itself.
 */
function makesShort(surge: Cause, cause: Cause): boolean {
  return (
    surge.reason === 'traffic-surge' &&
    cause.reason === 'cpu-saturated' &&
    cause.change === undefined &&
    surge.subject.uid === cause.subject.uid
  );
}

function withoutContradictions(causes: readonly Cause[]): readonly Cause[] {
  const makesSymptom = (deeper: Cause, cause: Cause) =>
    deeper.subject.uid === cause.subject.uid &&
    (makesShort(deeper, cause) ||
      isDeeper(deeper.reason, cause.reason) ||
      (isWaitingFor(cause.reason) && !isWaitingFor(deeper.reason) && deeper.confidence >= EXPLAINS_WAITING));
  return causes.flatMap((cause) => {
    if (causes.some((other) => makesSymptom(other, cause))) return [];
    const symptoms = causes.filter((other) => makesSymptom(cause, other));
    const explains = [...new Set([...cause.explains, ...symptoms.flatMap((one) => one.explains)])];
    // Its own users may not be measured, for what is given up is often not counted; those who call it have measured that they wait.
    const felt = symptoms.some(({ reason }) => isWaitingFor(reason)) ? FELT_BY_CALLERS : 0;
    const { confidence } = cause;
    const byShortage = symptoms
      .filter((one) => makesShort(cause, one))
      .map((one) => Math.min(one.confidence, confidence + SURER_BY_SHORTAGE));
    return [
      {
        ...cause,
        explains,
        confidence: Math.max(confidence, Math.min(MOST_BY_CALLERS, confidence + felt), ...byShortage),
      },
    ];
  });
}

function causeOf(reason: Cause['reason'], finding: Finding, symptoms: readonly Finding[]): Cause {
  return {
    reason,
    subject: finding.subject,
    confidence: finding.confidence,
    explains: [finding.id, ...symptoms.map((symptom) => symptom.id)],
    summary: finding.summary,
    figures: finding.figures,
    ...traceOf(finding),
  };
}

/** What did it, what would mend it, and the one pod that is to blame, where that is known. */
function traceOf({ change, mend, object }: Trace): Trace {
  return { ...(change ? { change } : {}), ...(mend ? { mend } : {}), ...(object ? { object } : {}) };
}
type Trace = Pick<Finding, 'change' | 'mend' | 'object'>;

/** What is settled speaks before what is not, and of those the surer finding; both are explained. `speaking` is the one that speaks so far. */
function merged(cause: Cause, speaking: Finding, finding: Finding): Cause {
  const [settled, wasSettled] = [finding, speaking].map(({ unsettled }) => unsettled === undefined);
  const takesOver = settled === wasSettled ? finding.confidence > cause.confidence : settled === true;
  const explains = takesOver ? [finding.id, ...cause.explains] : [...cause.explains, finding.id];
  const [first, second] = takesOver ? [finding, cause] : [cause, finding];
  const { confidence, summary, figures } = first;
  return { ...cause, ...traceOf(second), ...traceOf(first), confidence, summary, figures, explains };
}

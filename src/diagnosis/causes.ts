import { type Cause, causeKey, type Finding } from '../domain/finding.ts';
import { CauseReason, REASONS } from '../domain/reason.ts';
import type { Subject } from '../domain/subject.ts';

/** Whether what is wrong with `cause` can be what is felt at `felt`, by who calls whom. */
export type CanExplain = (cause: Subject, felt: Subject) => boolean;

/**
 * From findings to causes, in the order of the findings. Findings of the same reason on the same subject are one cause; every symptom is
 * explained by every cause that lies on its way. A subject whose database has no room is not waiting for its pool, whatever else was found.
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
    byKey.set(key, known ? merged(known, finding) : causeOf(reason.data, finding, felt));
  }
  return withoutContradictions([...byKey.values()]);
}

/** More replicas are the answer to a waiting pool and harm a full database: both at once on one subject cannot be. */
function withoutContradictions(causes: readonly Cause[]): readonly Cause[] {
  const isFull = (cause: Cause) => cause.reason === 'database-connections-exhausted';
  const isWaiting = (cause: Cause) => cause.reason === 'connection-pool-waiting';
  return causes.flatMap((cause) => {
    const others = causes.filter((other) => other.subject.uid === cause.subject.uid);
    if (isWaiting(cause) && others.some(isFull)) return [];
    const waiting = isFull(cause) ? others.filter(isWaiting).flatMap((other) => other.explains) : [];
    return [{ ...cause, explains: [...new Set([...cause.explains, ...waiting])] }];
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
  };
}

/** The surer finding speaks; both are explained. */
function merged(cause: Cause, finding: Finding): Cause {
  const surer = finding.confidence > cause.confidence ? finding : cause;
  const explains = surer === finding ? [finding.id, ...cause.explains] : [...cause.explains, finding.id];
  return { ...cause, confidence: surer.confidence, summary: surer.summary, figures: surer.figures, explains };
}

import { type Cause, causeKey, type Finding } from '../domain/finding.ts';
import { CauseReason, REASONS } from '../domain/reason.ts';

/**
 * From findings to ranked causes. Pure. Findings of the same reason on the same subject are one cause; every symptom is explained by
 * every cause, because the detectors looked only at the workload of the incident and at what it calls. Surest first; of equals, the one
 * that is closer to the ground (the server that refuses, before the client that waits), for it explains the other.
 */
export function diagnose(findings: readonly Finding[]): readonly Cause[] {
  const symptoms = findings.filter((finding) => REASONS[finding.reason].role === 'symptom');
  const byKey = new Map<string, Cause>();
  for (const finding of findings) {
    const reason = CauseReason.safeParse(finding.reason);
    if (!reason.success) continue;
    const key = causeKey({ reason: reason.data, subject: finding.subject });
    const known = byKey.get(key);
    byKey.set(key, known ? merged(known, finding) : causeOf(reason.data, finding, symptoms));
  }
  return [...byKey.values()].sort((a, b) => b.confidence - a.confidence || GROUND[a.reason] - GROUND[b.reason]);
}

/** Lower explains higher. */
const GROUND: Readonly<Record<Cause['reason'], number>> = {
  'alerting-path-broken': 0,
  'database-connections-exhausted': 1,
  'connection-pool-waiting': 2,
};

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

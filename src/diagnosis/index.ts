import { type Cause, causeKey, type Finding } from '../domain/finding.ts';
import { CauseReason, REASONS } from '../domain/reason.ts';

/**
 * From findings to ranked causes. Pure. Findings of the same reason on the same subject are one cause; every symptom is explained by
 * every cause, because the detectors looked only at the workload of the incident and at what it calls. A subject whose database has no room,
 * or whose connections are leaked, locked or slow, is not waiting for its pool, whatever else was found. Surest first, in steps of 0.1, for a finer difference says nothing; of equals the one
 * that is closer to the ground, for it explains the other: the server that refuses before the client that waits. What is still equal keeps the
 * order of the findings: the incident's own workload before those that it calls, which have incidents of their own when they suffer.
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
  return withoutContradictions([...byKey.values()]).toSorted(
    (a, b) => sureness(b) - sureness(a) || GROUND[a.reason] - GROUND[b.reason],
  );
}

/** What on the same subject makes a waiting pool a symptom: more replicas are the answer to waiting alone, and make each of these worse or no better. */
const VOIDS_WAITING: ReadonlySet<Cause['reason']> = new Set([
  'database-connections-exhausted',
  'lock-waits',
  'slow-query',
  'connection-leak',
]);

function withoutContradictions(causes: readonly Cause[]): readonly Cause[] {
  const isWaiting = (cause: Cause) => cause.reason === 'connection-pool-waiting';
  return causes.flatMap((cause) => {
    const others = causes.filter((other) => other.subject.uid === cause.subject.uid);
    if (isWaiting(cause) && others.some((other) => VOIDS_WAITING.has(other.reason))) return [];
    const waiting = VOIDS_WAITING.has(cause.reason) ? others.filter(isWaiting).flatMap((other) => other.explains) : [];
    return [{ ...cause, explains: [...new Set([...cause.explains, ...waiting])] }];
  });
}

function sureness(cause: Cause): number {
  return Math.round(cause.confidence * 10);
}

/**
 * Lower explains higher. A release explains whatever began with it, so it stands before what goes wrong inside of the workload; what goes wrong with the database
 * stands before what its clients show.
 */
const GROUND: Readonly<Record<Cause['reason'], number>> = {
  'alerting-path-broken': 0,
  'telemetry-missing': 1,
  'node-trouble': 2,
  'disk-filling': 3,
  'certificate-expiring': 4,
  'scaled-to-zero': 5,
  'workload-not-starting': 6,
  'bad-release': 7,
  'lock-waits': 8,
  'database-connections-exhausted': 9,
  'slow-query': 10,
  'out-of-memory': 11,
  'crash-looping': 12,
  'autoscaler-misconfigured': 13,
  'connection-leak': 14,
  'memory-leaking': 15,
  'application-error': 16,
  'service-unreachable': 17,
  'dependency-down': 18,
  'autoscaler-at-limit': 19,
  'cpu-saturated': 20,
  'queue-backlog': 21,
  'traffic-surge': 22,
  'connection-pool-waiting': 23,
  'dependency-slow': 24,
};

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

/** What did it and what would mend it, where that is known. */
function traceOf({ change, mend }: Pick<Finding, 'change' | 'mend'>): Pick<Cause, 'change' | 'mend'> {
  return { ...(change ? { change } : {}), ...(mend ? { mend } : {}) };
}

/** The surer finding speaks; both are explained. */
function merged(cause: Cause, finding: Finding): Cause {
  const surer = finding.confidence > cause.confidence ? finding : cause;
  const explains = surer === finding ? [finding.id, ...cause.explains] : [...cause.explains, finding.id];
  const [first, second] = surer === finding ? [finding, cause] : [cause, finding];
  const trace = { ...traceOf(second), ...traceOf(first) };
  return { ...cause, ...trace, confidence: surer.confidence, summary: surer.summary, figures: surer.figures, explains };
}

import { z } from 'zod';
import { Instant } from './instant.ts';

/** Closed list of kinds of evidence, with an example each. */
export const EVIDENCE_KINDS = {
  'metric-instant': 'the answer of Prometheus to one instant query',
  'metric-range': 'the answer of Prometheus to one range query',
  'cluster-object': 'the fields of a Kubernetes object that a decision rests on',
  'pod-log': 'the last lines of a container that ended',
  'log-patterns': 'the patterns of the log of a workload around an onset: how many lines of each, and an example',
  'call-graph': 'who calls whom around the incident, and how that is known',
  'model-narrative': 'the story of the incident in the words of a model; nothing is decided by it',
  'model-hypotheses': 'what a model suspects; a cause only when a detector finds it too',
  'users-indicator': 'what users feel, measured before and after an action',
} as const;

type EvidenceKindKey = keyof typeof EVIDENCE_KINDS;
export const EvidenceKind = z.enum(Object.keys(EVIDENCE_KINDS) as [EvidenceKindKey, ...EvidenceKindKey[]]);
export type EvidenceKind = z.infer<typeof EvidenceKind>;

/** Something that was read, as it was read: redacted and size-capped. Shown to people; all that a model may see. */
export const Evidence = z.object({
  id: z.string().min(1),
  incidentId: z.string().min(1),
  kind: EvidenceKind,
  /** Where it came from: `prometheus`, `kubernetes`, `alertmanager`. */
  source: z.string().min(1),
  /** One line for people. */
  title: z.string(),
  /** What was asked: the query text, or the object's path. */
  query: z.string(),
  /** The window asked for; both ends the same for an instant. */
  from: Instant,
  to: Instant,
  at: Instant,
  /** The answer as JSON. */
  body: z.unknown(),
  /** Whether `body` was cut to the size cap. */
  truncated: z.boolean(),
});
export type Evidence = z.infer<typeof Evidence>;

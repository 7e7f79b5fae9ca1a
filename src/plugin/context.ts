import type { CallGraph } from '../domain/call-graph.ts';
import type { EvidenceKind } from '../domain/evidence.ts';
import type { Subject } from '../domain/subject.ts';
import type { ClusterReader, ClusterWriter, WorkloadView } from '../ports/cluster.ts';
import type { MetricsReader } from '../ports/metrics.ts';
import type { HeardLogs, WorkloadLogs } from '../ports/workload-logs.ts';

/** Metrics as a plug-in reads them: each answer is kept as evidence and counted against the incident's budget. */
export interface RecordedMetrics extends Pick<MetricsReader, 'instant' | 'range'> {
  /** Id under which the newest answer to this query is kept as evidence; null when it was not asked. */
  evidenceOf(query: string): string | null;
}

/** Who calls whom, as far as it is known. */
export interface TopologyReader {
  /** Workloads that this one calls, by client metrics; nearest first, at most `depth` hops, without the workload itself. */
  calleesOf(workload: WorkloadView, depth: number): Promise<readonly WorkloadView[]>;
  /** Everything that is known of the calls of some namespaces; of all when none is named. What could not be read is in its notices. */
  graph(namespaces?: readonly string[]): Promise<CallGraph>;
}

/** Log events as a plug-in reads them: what was counted, never a stream. Each answer is kept as evidence. */
export interface RecordedLogs {
  /** What was heard of a workload before and since `since` (Unix ms); `known: false` where nothing was. */
  around(workload: WorkloadView, since: number): Promise<RecordedWorkloadLogs>;
}
export type RecordedWorkloadLogs =
  | Exclude<WorkloadLogs, HeardLogs>
  /** `evidence` is the id under which it is kept. */
  | (HeardLogs & { readonly evidence: string });

/** What a detector, a skill or a remediation's reading half may touch. Readers only. */
export interface ReadContext {
  now(): number;
  readonly signal: AbortSignal;
  readonly metrics: RecordedMetrics;
  readonly cluster: ClusterReader;
  readonly topology: TopologyReader;
  readonly logs: RecordedLogs;
  /** Keeps what was read from somewhere else as evidence; returns its id. */
  keep(item: { kind: EvidenceKind; source: string; title: string; query: string; body: unknown }): string;
  /** A fresh, unique id. */
  newId(): string;
}

/** What the writing half of a remediation may touch, within its intent. */
export interface ActContext extends ReadContext {
  readonly intentId: string;
  /** Unix ms; a write may not start after it. */
  readonly deadline: number;
  readonly writer: ClusterWriter;
}

export interface IncidentView {
  readonly id: string;
  readonly subject: Subject;
  readonly workload: WorkloadView;
  /** Signals of the incident, oldest first. */
  readonly signals: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly startedAt: number;
  }[];
  /** When the oldest signal that still fires began (Unix ms). */
  readonly since: number;
}

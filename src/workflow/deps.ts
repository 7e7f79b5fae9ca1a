import type { Diagnosis, Surroundings } from '../diagnosis/index.ts';
import type { Finding } from '../domain/finding.ts';
import type { ModelSpend } from '../domain/model-words.ts';
import type { LoadedPolicy } from '../domain/policy.ts';
import type { Reason } from '../domain/reason.ts';
import type { GateSettings } from '../gates/facts.ts';
import type { Ceiling } from '../gates/operator-mode.ts';
import type { ModelAdvisor } from '../model/index.ts';
import type { RecordedMetrics, TopologyReader } from '../plugin/context.ts';
import type { Detector } from '../plugin/detector.ts';
import type { Remediation } from '../plugin/remediation.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader, ClusterWriter } from '../ports/cluster.ts';
import type { MetricsReader } from '../ports/metrics.ts';
import type { NotificationChannel } from '../ports/notification-channel.ts';
import type { StepObserver } from '../ports/steps.ts';
import type { Store } from '../ports/store.ts';
import type { WorkloadLogsReader } from '../ports/workload-logs.ts';
import type { AlertRecogniser } from '../recognition/index.ts';
import type { WorkflowSettings } from './settings.ts';

/** Everything that the workflow is given; nothing is looked up anywhere else. */
export interface WorkflowDeps {
  readonly clock: Clock;
  readonly store: Store;
  readonly metrics: MetricsReader;
  readonly cluster: ClusterReader;
  readonly writer: ClusterWriter;
  readonly topology: (metrics: RecordedMetrics, now: () => number) => TopologyReader;
  readonly logs: WorkloadLogsReader;
  readonly recogniser: AlertRecogniser;
  readonly detectors: ReadonlyMap<string, Detector>;
  readonly detectorConfig: Readonly<Record<string, unknown>>;
  readonly remediations: ReadonlyMap<string, Remediation>;
  readonly diagnose: (findings: readonly Finding[], around?: Surroundings) => Diagnosis;
  /** The optional model; null = none, and nothing is missing. */
  readonly advisor: ModelAdvisor | null;
  readonly policies: readonly LoadedPolicy[];
  /** The mode that the operator allows for a policy (null: none applies) in a namespace (null: unresolved), before what the doors lowered. */
  readonly modeCeiling: (policyId: string | null, namespace: string | null) => Ceiling;
  readonly gates: GateSettings;
  readonly channels: { readonly first: NotificationChannel | null; readonly second: NotificationChannel | null };
  readonly redact: {
    readonly text: (text: string) => string;
    readonly outbound: (text: string) => string;
    readonly json: (value: unknown) => unknown;
  };
  readonly newId: () => string;
  readonly steps: StepObserver;
  readonly settings: WorkflowSettings;
  readonly queriesPerMinute: number;
  readonly log: WorkflowLog;
  readonly meter: WorkflowMeter;
}

/** Static messages with the data in the object, so that they can be counted. */
export interface WorkflowLog {
  info(data: Record<string, unknown>, message: string): void;
  warn(data: Record<string, unknown>, message: string): void;
  error(data: Record<string, unknown>, message: string): void;
}

/** What the workflow counts; labels are reason codes, never free text. */
export interface WorkflowMeter {
  phaseEntered(phase: string): void;
  actionSettled(remediation: string, direction: string, result: string): void;
  verified(remediation: string, verdict: string): void;
  gateStopped(gate: string, reason: string): void;
  notified(channel: string, delivered: boolean): void;
  tickFailed(phase: string): void;
  causeNamed(reason: Reason): void;
  modelSpent(duty: 'write-narrative' | 'investigate', spend: ModelSpend): void;
}

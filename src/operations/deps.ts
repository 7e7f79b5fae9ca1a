import type { CallGraph } from '../domain/call-graph.ts';
import type { Cause } from '../domain/finding.ts';
import type { Mode } from '../domain/mode.ts';
import type { RecordRef } from '../domain/obligation.ts';
import type { LoadedPolicy } from '../domain/policy.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader, WorkloadView } from '../ports/cluster.ts';
import type { Store } from '../ports/store.ts';
import type { SkillAnswer, StatusReport } from './results.ts';

/** The freeze as the store and the ConfigMap together have it; unknown counts as frozen wherever a write could follow. */
export type FreezeReading =
  | { readonly known: true; readonly frozen: boolean; readonly by: string; readonly reason: string }
  | { readonly known: false; readonly why: string };

/** Everything that the operations are given. */
export interface OperationsDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly store: Pick<
    Store,
    | 'commit'
    | 'incident'
    | 'incidents'
    | 'obligations'
    | 'evidence'
    | 'evidenceOf'
    | 'audit'
    | 'intentsOf'
    | 'approvalFor'
    | 'freeze'
    | 'loweredAutonomy'
    | 'writable'
    | 'size'
  >;
  readonly cluster: Pick<ClusterReader, 'cacheState' | 'workload'>;
  readonly newId: () => string;
  /** Wakes a record; only a hint, the commit has moved its wake-up time already. */
  readonly hint: (ref: RecordRef, wakeAt: number) => void;
  /** What people type as a reason is stored redacted. */
  readonly redactText: (text: string) => string;
  readonly policies: readonly LoadedPolicy[];
  readonly matchPolicies: (
    cause: Cause,
    workload: WorkloadView,
    policies: readonly LoadedPolicy[],
  ) => {
    readonly matched: readonly LoadedPolicy[];
    readonly notMatched: readonly { readonly policyId: string; readonly why: string }[];
  };
  /** The operator's ceiling, and the setting that it comes from, before what the doors lowered. */
  readonly modeCeiling: (
    policyId: string | null,
    namespace: string | null,
  ) => { readonly mode: Mode; readonly source: string };
  /** Namespaces that Hale may act in, `*` for all. */
  readonly namespaces: readonly string[];
  readonly gateSummaries: Readonly<Record<string, string>>;
  /** Who calls whom now, in these namespaces or everywhere. */
  readonly callGraph: (namespaces?: readonly string[]) => Promise<CallGraph>;
  readonly readFreeze: () => Promise<FreezeReading>;
  /** `namespace/name` of the ConfigMap that freezes as well. */
  readonly freezeConfigMap: string;
  /** Runs one skill with readers of its own. Errors: not-found, usage-invalid. */
  readonly runSkill: (id: string, input: unknown) => Promise<SkillAnswer>;
  /** The optional model; null = none. */
  readonly model: { readonly name: string; readonly perDay: { readonly tokens: number; readonly usd: number } } | null;
  /** The last scan; null while there was none. */
  readonly lastScan: () => StatusReport['scan'];
  readonly version: string;
  readonly startedAt: number;
}

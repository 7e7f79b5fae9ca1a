import type { LogLabels } from '../domain/log-record.ts';
import type { WorkloadView } from './cluster.ts';
import type { HeardMinute } from './log-counts.ts';

/** Log events of one pattern with the same labels, before and since. All text is from outside: matched, shown, never followed. */
export interface LogGroup {
  readonly patternId: string;
  /** `<*>` where the line varies; secrets are taken out, and a long one is cut. */
  readonly template: string;
  readonly labels: LogLabels;
  /** Lines in the quiet time before, and since the onset may lie. */
  readonly before: number;
  readonly recent: number;
  /** The first and the last minute with a line since the onset may lie (Unix ms); null when there is none. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  /** The newest example that is known of this workload; null when none is. Redacted. */
  readonly example: LogExample | null;
}

export interface LogExample {
  readonly line: string;
  readonly at: number;
  readonly pod: string | null;
  readonly traceId: string | null;
}

/** What was heard of a workload around an onset. */
export interface HeardLogs {
  readonly known: true;
  /** Unix ms: the quiet time is `from` to `recentFrom`, what is compared with it `recentFrom` to `to`. */
  readonly from: number;
  readonly recentFrom: number;
  readonly to: number;
  readonly minutes: readonly HeardMinute[];
  /** Minutes of the quiet time in which anything was heard; few of them tell nothing of what is usual. */
  readonly quietMinutes: number;
  /** What may tell of trouble, most lines since the onset first; bounded. */
  readonly groups: readonly LogGroup[];
  /** There was more than is told. */
  readonly cut: boolean;
}

/** `known: false`: nothing was heard of it, which says nothing about how it is. */
export type WorkloadLogs = HeardLogs | { readonly known: false; readonly why: string };

/** Reads what was counted of the log events of workloads. Errors: store-unavailable. */
export interface WorkloadLogsReader {
  /** `since` is when the trouble was noticed, `now` the end of what is read (Unix ms). */
  around(workload: WorkloadView, since: number, now: number): Promise<WorkloadLogs>;
}

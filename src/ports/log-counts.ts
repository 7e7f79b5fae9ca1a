import type { LogLabels } from '../domain/log-record.ts';
import type { LogSample } from './log-store.ts';

/** Whose log events are meant: the names under which they are counted. */
export interface LogOwner {
  readonly namespace: string;
  readonly services: readonly string[];
  /** Events that tell no namespace belong to it as well: nobody else has such a name. */
  readonly alsoWithoutNamespace: boolean;
}

/** What was heard of an owner in one minute, by release where that is told. */
export interface HeardMinute {
  /** Unix ms, the beginning of the minute. */
  readonly minute: number;
  readonly release: string | null;
  readonly events: number;
  /** Events that tell the status of an answer. */
  readonly answered: number;
  /** Those of them with a 5xx. */
  readonly failed: number;
}

/** Events of one pattern in one minute that may tell of trouble: warnings and worse, 5xx, exceptions, and what tells neither level nor status. */
export interface TroubleCount {
  readonly minute: number;
  readonly patternId: string;
  /** `<*>` where the line varies; secrets are taken out. */
  readonly template: string;
  /** Unix ms of the first line of the pattern ever. */
  readonly firstSeenAt: number;
  readonly labels: LogLabels;
  readonly count: number;
}

/** Reads what was counted of log events, `since` inclusive to `until` exclusive. Errors: store-unavailable. */
export interface LogCounts {
  /** Oldest first; at most `limit`, of which the oldest are left out. Nothing at all is no proof of silence. */
  heard(owner: LogOwner, since: number, until: number, limit: number): Promise<readonly HeardMinute[]>;
  /** Newest first; at most `limit`. */
  troubles(owner: LogOwner, since: number, until: number, limit: number): Promise<readonly TroubleCount[]>;
  /** Examples of a pattern among the events of an owner, newest first. */
  samplesOf(owner: LogOwner, patternId: string): Promise<readonly LogSample[]>;
}

import { HaleError, isHaleError } from '../domain/errors.ts';
import type { RecordRef } from '../domain/obligation.ts';
import type { AlertsReader } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader, WorkloadView } from '../ports/cluster.ts';
import type { Change, CommitResult, IntakeView, Store } from '../ports/store.ts';
import { type Decision, decide } from './decide.ts';
import { lookupOf, type Observation, observe, unique } from './observation.ts';
import type { AlertReader, ReadAlerts } from './read-alerts.ts';
import { resolveSubject } from './resolve-subject.ts';
import { askForTruncated } from './truncated.ts';
import type { BodyLimits } from './webhook-body.ts';

export interface IntakeLimits extends BodyLimits {
  /** How long after the start alerts are put off while the cluster is not known yet. */
  readonly cacheGraceMs: number;
  /** Signals of one subject gather for so long before diagnosis. */
  readonly settleMs: number;
  /** How long the configured Alertmanager may take to name the alerts that a body left out. */
  readonly askTimeoutMs: number;
}

/** What intake counts. Labels are fixed words, never text of an alert. */
export interface IntakeMeter {
  alerts(outcome: 'accepted' | 'duplicate' | 'ignored' | 'watchdog', count: number): void;
  incidentsOpened(count: number): void;
  refused(code: string): void;
  truncatedUnanswered(): void;
  conflict(): void;
}

export interface AlertIntakeOptions {
  readonly store: Pick<Store, 'commit' | 'intakeView'>;
  readonly cluster: ClusterReader;
  /** Null: no Alertmanager is configured. */
  readonly alerts: Pick<AlertsReader, 'active'> | null;
  /** For alerts that a body left out; bodies come read already. */
  readonly reader: Pick<AlertReader, 'columnsOf'>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly limits: IntakeLimits;
  /** Called after the commit, for each incident that got a signal. */
  readonly onSignal: (ref: RecordRef, wakeAt: number) => void;
  /** The alert that must always fire arrived. */
  readonly watchdogSeen?: ((now: number) => void) | undefined;
  readonly meter?: IntakeMeter | undefined;
}

/** What became of the alerts of one body; the four counts add up to the alerts that it held or left out. */
export interface IntakeResult {
  /** Stored, durably. */
  readonly accepted: number;
  /** Known already. */
  readonly duplicates: number;
  /** Firing, but the same occurrence was resolved already. */
  readonly ignored: number;
  /** The alert that must always fire: noted, not stored. */
  readonly watchdog: number;
  readonly incidentsOpened: number;
  /** What could not be looked up; for the log. */
  readonly warnings: readonly string[];
}

export interface AlertIntake {
  /** Resolves after the durable write. Errors: overloaded or store-unavailable, when nothing was stored and it may be sent again. */
  take(alerts: ReadAlerts): Promise<IntakeResult>;
}

const NOTHING_MISSING = { missing: [], warnings: [] } as const;
const MAX_TRIES = 5;
/** Signals of an incident that is to take them in early gather for so long: in a flood it is one tick per second, not one per body. */
const GATHER_MS = 1_000;

export function createAlertIntake(options: AlertIntakeOptions): AlertIntake {
  const { clock, limits, cluster, meter } = options;
  const startedAt = clock.now();
  const look = lookTogether(options.store);

  async function take(alerts: ReadAlerts): Promise<IntakeResult> {
    try {
      return await storeAll(alerts);
    } catch (error) {
      meter?.refused(isHaleError(error) ? error.code : 'internal-error');
      throw error;
    }
  }

  async function storeAll({ columns, truncated }: ReadAlerts): Promise<IntakeResult> {
    const clusterKnown = cluster.cacheState().state !== 'starting';
    if (!clusterKnown && clock.now() - startedAt < limits.cacheGraceMs) {
      throw new HaleError(
        'overloaded',
        'Hale has just started and does not know the cluster yet; send this again in a few seconds',
      );
    }
    const { missing, warnings } = truncated === null ? NOTHING_MISSING : await askForTruncated(truncated, options);
    if (warnings.length > 0) meter?.truncatedUnanswered();

    const now = clock.now();
    const workloadOf = resolverOf(clusterKnown ? cluster : null);
    const all = missing.length === 0 ? [columns] : [columns, options.reader.columnsOf(missing)];
    const observations = all.flatMap((some) => observe(some, now, workloadOf));
    const firing = all.reduce((sum, { watchdog }) => sum + watchdog.firing, 0);
    const resolved = all.reduce((sum, { watchdog }) => sum + watchdog.resolved, 0);
    // A resolve of it says that it stopped firing: that is not a sign of life.
    if (firing > 0) options.watchdogSeen?.(now);
    const decision = await store(observations, now);
    const result: IntakeResult = {
      accepted: decision.signals.length,
      duplicates: decision.duplicates,
      ignored: decision.ignored,
      watchdog: firing + resolved,
      incidentsOpened: decision.opened.length,
      warnings,
    };
    count(result);
    return result;
  }

  function count({ accepted, duplicates, ignored, watchdog, incidentsOpened }: IntakeResult): void {
    if (accepted > 0) meter?.alerts('accepted', accepted);
    if (duplicates > 0) meter?.alerts('duplicate', duplicates);
    if (ignored > 0) meter?.alerts('ignored', ignored);
    if (watchdog > 0) meter?.alerts('watchdog', watchdog);
    if (incidentsOpened > 0) meter?.incidentsOpened(incidentsOpened);
  }

  /** Looks and commits; a conflict means that another body or a tick was faster, so looks again. */
  async function store(observations: readonly Observation[], now: number): Promise<Decision> {
    if (observations.length === 0)
      return { signals: [], opened: [], touched: new Set(), allUnhurried: true, duplicates: 0, ignored: 0 };
    const lookup = lookupOf(observations);
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const view = await fromStore(look(lookup));
      const decision = decide(observations, view, { now, settleMs: limits.settleMs, newId: options.newId });
      if (decision.signals.length === 0) return decision;
      const wakeAt = now + (decision.allUnhurried ? limits.settleMs : Math.min(GATHER_MS, limits.settleMs));
      const result: CommitResult = await fromStore(options.store.commit(changeOf(decision, wakeAt)));
      if (result === 'committed') {
        for (const id of decision.touched) options.onSignal({ record: 'incident', id }, wakeAt);
        return decision;
      }
      meter?.conflict();
    }
    throw new HaleError(
      'overloaded',
      `the same incidents changed ${MAX_TRIES} times while this was stored; send it again`,
    );
  }

  return { take };
}

type Lookup = Parameters<Store['intakeView']>[0];

/** Bodies that are taken in one turn look once: three statements for all of them, not for each. */
function lookTogether(store: Pick<Store, 'intakeView'>): (lookup: Lookup) => Promise<IntakeView> {
  let asked: Lookup[] = [];
  let answer: Promise<IntakeView> | null = null;

  async function lookOnce(): Promise<IntakeView> {
    await Promise.resolve();
    const all = asked;
    asked = [];
    answer = null;
    return store.intakeView({
      dedupeKeys: unique(all.flatMap(({ dedupeKeys }) => dedupeKeys)),
      occurrences: unique(all.flatMap(({ occurrences }) => occurrences)),
      incidentKeys: unique(all.flatMap(({ incidentKeys }) => incidentKeys)),
    });
  }

  return (lookup) => {
    asked.push(lookup);
    answer ??= lookOnce();
    return answer;
  };
}

/** Alerts of one body are mostly about the same: each thing is looked up once. */
function resolverOf(cluster: ClusterReader | null): (about: string) => WorkloadView | null {
  const found = new Map<string, WorkloadView | null>();
  return (about) => {
    let workload = found.get(about);
    if (workload === undefined) {
      workload = cluster === null ? null : resolveSubject(JSON.parse(about) as Record<string, string>, cluster);
      found.set(about, workload);
    }
    return workload;
  };
}

function changeOf({ signals, opened }: Decision, wakeAt: number): Change {
  return {
    save: opened.map(({ incident }) => ({ record: incident, expectedVersion: 0 })),
    signals,
    wakeAt,
    audit: opened.map(({ audit }) => audit),
  };
}

/** Whatever the store throws, the sender is to try again. */
async function fromStore<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (isHaleError(error, 'overloaded', 'store-unavailable')) throw error;
    throw new HaleError('store-unavailable', 'the store did not take the alerts; nothing was stored', { cause: error });
  }
}

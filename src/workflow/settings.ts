/** The waits and limits of the workflow, in milliseconds. `src/config` fills them from the configuration. */
export interface WorkflowSettings {
  /** Signals of one subject gather for so long before diagnosis. */
  readonly settleMs: number;
  /** Diagnosis is repeated for so long while nothing is found, for metrics lag behind alerts. */
  readonly diagnosisPatienceMs: number;
  readonly diagnosisEveryMs: number;
  /** A held plan is looked at again at least this often. */
  readonly recheckMs: number;
  /** Verifying and rolling back look this often. */
  readonly verifyEveryMs: number;
  /** From the commit of an intent until no write may start any more. */
  readonly intentDeadlineMs: number;
  /** The condition must be gone for so long before acting is called off. */
  readonly wellForMs: number;
  /** Watching and escalated incidents close after so long without a firing signal. */
  readonly quietMs: number;
  /** Or after so long without any word at all. */
  readonly silenceMs: number;
  /** How long a cause may come back and still be the same story. */
  readonly recurrenceMs: number;
  readonly recurrenceEveryMs: number;
  /** A return that could not run for so long becomes a person's. */
  readonly returnDeadlineMs: number;
  /** A return that is held for so long is told of once, whatever holds it. */
  readonly returnHeldToldMs: number;
  /** Ticks begun without an end before a phase is given up. */
  readonly maxAttempts: number;
  /** A plan is made anew at most so often because the world moved. */
  readonly maxWorldMoves: number;
}

/** Defaults for production; the simulated world only speeds up the clock. */
export const WORKFLOW_DEFAULTS: WorkflowSettings = {
  settleMs: 10_000,
  diagnosisPatienceMs: 90_000,
  diagnosisEveryMs: 10_000,
  recheckMs: 15_000,
  verifyEveryMs: 5_000,
  intentDeadlineMs: 30_000,
  wellForMs: 60_000,
  quietMs: 60_000,
  silenceMs: 24 * 3_600_000,
  recurrenceMs: 30 * 60_000,
  recurrenceEveryMs: 30_000,
  returnDeadlineMs: 24 * 3_600_000,
  returnHeldToldMs: 15 * 60_000,
  maxAttempts: 5,
  maxWorldMoves: 3,
};

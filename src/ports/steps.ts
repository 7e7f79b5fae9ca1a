/**
 * The named points of a tick. Production opens a span event at each; the crash test ends the process at the n-th.
 * A name is `<phase>.<point>`: `acting.intent-committed`.
 */
export interface StepObserver {
  reached(step: string, incidentId: string): void;
}

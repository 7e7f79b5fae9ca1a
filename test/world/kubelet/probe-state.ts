import type { ProbeSpec } from './pod.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

/** Pure memory of one probe: what it says now, and how many equal answers in a row stand behind it. */
export interface ProbeState {
  readonly passing: boolean;
  readonly streakOf: boolean;
  readonly streak: number;
}

/** Readiness and startup have to be earned, liveness is assumed until it fails. */
export function initialProbeState(kind: ProbeKind): ProbeState {
  const passing = kind === 'liveness';
  return { passing, streakOf: passing, streak: 0 };
}

/** An answer flips the state only when its threshold of equal answers in a row is reached. Defaults are Kubernetes's: 1 and 3. */
export function nextProbeState(state: ProbeState, success: boolean, spec: ProbeSpec): ProbeState {
  const streak = state.streakOf === success ? state.streak + 1 : 1;
  const threshold = success ? (spec.successThreshold ?? 1) : (spec.failureThreshold ?? 3);
  return { passing: streak >= threshold ? success : state.passing, streakOf: success, streak };
}

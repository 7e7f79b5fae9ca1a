import { type Clock, sleep } from './clock.ts';
import type { Load } from './load/load.ts';

/** What users felt over a span, as far as a decision needs it. */
export interface Feeling {
  readonly errorShare: number;
  /** Null when nobody asked in the span. */
  readonly p95Ms: number | null;
}

const MAX_ERROR_SHARE = 0.01;
const LATENCY_FACTOR = 2;
const LATENCY_SLACK_MS = 200;
/** Clearly hurt: well beyond what would still pass as well, so that noise alone is neither. */
const HURT_ERROR_SHARE = 0.05;
const HURT_FACTOR = 4;
/** What the shop takes on any machine that it fits on, before a fault. */
const AT_EASE_MS = 500;

export function feelingOf(load: Load, windowMs: number): Feeling {
  const { ok, errorsTotal, p95 } = load.snapshot(windowMs).window;
  const ended = ok + errorsTotal;
  return { errorShare: ended === 0 ? 0 : errorsTotal / ended, p95Ms: p95 };
}

/** Whether users have nothing to complain of, with no earlier day to compare with. */
export function isAtEase({ errorShare, p95Ms }: Feeling): boolean {
  return errorShare <= MAX_ERROR_SHARE && p95Ms !== null && p95Ms <= AT_EASE_MS;
}

/** As good as on a quiet day: next to no errors, and at most twice the latency, or 200 ms more where that is less strict. */
export function isWell(now: Feeling, quiet: Feeling): boolean {
  if (now.p95Ms === null || quiet.p95Ms === null) return false;
  const limitMs = Math.max(quiet.p95Ms * LATENCY_FACTOR, quiet.p95Ms + LATENCY_SLACK_MS);
  return now.errorShare <= MAX_ERROR_SHARE && now.p95Ms <= limitMs;
}

export function isHurt(now: Feeling, quiet: Feeling): boolean {
  if (now.errorShare >= HURT_ERROR_SHARE) return true;
  return now.p95Ms !== null && quiet.p95Ms !== null && now.p95Ms >= quiet.p95Ms * HURT_FACTOR;
}

export function describeFeeling({ errorShare, p95Ms }: Feeling): string {
  return `p95 ${p95Ms === null ? '-' : `${p95Ms.toFixed(0)} ms`}, ${(errorShare * 100).toFixed(1)} % errors`;
}

export interface UsersWait {
  readonly load: Load;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Span that each look covers. */
  readonly windowMs: number;
  /** For how long each look must agree. */
  readonly holdMs: number;
  readonly timeoutMs: number;
}

/** Waits until users feel as `accept` wants them to, without a break for `holdMs`; returns the time of the first such look, or null. */
export async function waitForUsers(wait: UsersWait, accept: (now: Feeling) => boolean): Promise<number | null> {
  const { clock, signal } = wait;
  const deadlineMs = clock.now() + wait.timeoutMs;
  let sinceMs: number | null = null;
  while (clock.now() < deadlineMs || sinceMs !== null) {
    signal.throwIfAborted();
    if (!accept(feelingOf(wait.load, wait.windowMs))) sinceMs = null;
    else if (sinceMs === null) sinceMs = clock.now();
    if (sinceMs !== null && clock.now() - sinceMs >= wait.holdMs) return sinceMs;
    await sleep(clock, 500, signal);
  }
  return null;
}

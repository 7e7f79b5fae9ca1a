import { quantile } from '../promql/range-functions.ts';

/** What users feel over a window: p99 in ms, the share of failed requests, requests per second. */
export interface UserView {
  p99Ms: number;
  errorRate: number;
  ratePerS: number;
}

export interface UserPoint extends UserView {
  atMs: number;
}

export interface UserLedger {
  record(endMs: number, latencyMs: number, failed: boolean): void;
  /** Closes the window up to now, once per step; keeps a bounded history. */
  close(nowMs: number): void;
  view(): UserView;
  history(): readonly UserPoint[];
}

const WINDOW_MS = 15_000;
const KEPT_POINTS = 720;

/** Latencies and failures at the edge of the shop, as a client measures them. */
export function createUserLedger({ pointEveryMs }: { pointEveryMs: number }): UserLedger {
  let recent: { endMs: number; latencyMs: number; failed: boolean }[] = [];
  let points: UserPoint[] = [];
  let view: UserView = { p99Ms: 0, errorRate: 0, ratePerS: 0 };
  let pointedMs = Number.NEGATIVE_INFINITY;

  return {
    record(endMs, latencyMs, failed) {
      recent.push({ endMs, latencyMs, failed });
    },
    close(nowMs) {
      if (nowMs - pointedMs < pointEveryMs) return;
      pointedMs = nowMs;
      recent = recent.filter((one) => one.endMs > nowMs - WINDOW_MS);
      const done = recent.filter((one) => one.endMs <= nowMs);
      const failed = done.filter((one) => one.failed).length;
      view = {
        p99Ms:
          done.length === 0
            ? 0
            : quantile(
                0.99,
                done.map((one) => one.latencyMs),
              ),
        errorRate: done.length === 0 ? 0 : failed / done.length,
        ratePerS: (done.length * 1_000) / WINDOW_MS,
      };
      points.push({ atMs: nowMs, ...view });
      if (points.length > KEPT_POINTS * 2) points = points.slice(-KEPT_POINTS);
    },
    view: () => view,
    history: () => points,
  };
}

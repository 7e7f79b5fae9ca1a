/** How long a crashing container waits before it starts again. */
export interface BackOffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** A container that ran this long starts from the beginning of the ladder. */
  readonly resetAfterMs: number;
}

/** The kubelet's own figures: 10 s doubled up to 5 min, forgotten after 10 min (kubernetes.io, "Pod lifecycle"). */
export const KUBELET_BACK_OFF: BackOffOptions = { baseMs: 10_000, maxMs: 300_000, resetAfterMs: 600_000 };

export interface BackOff {
  /** Crashes in a row, the next one included. */
  readonly crashes: number;
  readonly delayMs: number;
}

export const NO_BACK_OFF: BackOff = { crashes: 0, delayMs: 0 };

/** The first restart is immediate, as in the kubelet; from the second on the delay doubles. */
export function nextBackOff(previous: BackOff, ranMs: number, options: BackOffOptions): BackOff {
  const crashes = ranMs >= options.resetAfterMs ? 1 : previous.crashes + 1;
  const delayMs = crashes === 1 ? 0 : Math.min(options.baseMs * 2 ** (crashes - 2), options.maxMs);
  return { crashes, delayMs };
}

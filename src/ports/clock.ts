/** Time as the rest of the code sees it; real, accelerated or moved by a test. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls `run` once after `delayMs` of this clock's time; the returned function cancels. */
  setTimer(delayMs: number, run: () => void): () => void;
}

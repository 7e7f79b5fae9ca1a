import type { Clock } from './clock.ts';
import { describeError } from './errors.ts';

/**
 * What has to be stopped, registered beside each start and stopped last-in first-out. Every stop is bounded: one that hangs or throws
 * is reported and the next one goes on.
 */
export class Stops {
  readonly #clock: Clock;
  readonly #entries: { name: string; stop: () => Promise<void> | void; timeoutMs: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(name: string, stop: () => Promise<void> | void, timeoutMs = 15_000): void {
    this.#entries.push({ name, stop, timeoutMs });
  }

  /** Returns what did not stop as it should; empty when all went well. Calling it again stops only what was added since. */
  async stopAll(): Promise<readonly string[]> {
    const problems: string[] = [];
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      const { name, stop, timeoutMs } = entry;
      const problem = await new Promise<string | undefined>((resolve) => {
        const cancel = this.#clock.setTimer(timeoutMs, () => resolve(`${name}: not stopped within ${timeoutMs} ms`));
        Promise.resolve()
          .then(stop)
          .then(
            () => resolve(undefined),
            (error: unknown) => resolve(`${name}: ${describeError(error)}`),
          )
          .finally(cancel);
      });
      if (problem !== undefined) problems.push(problem);
    }
    return problems;
  }
}

/** One look at what something has used. */
export interface Sample {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

export interface Rate {
  readonly atMs: number;
  readonly windowMs: number;
  readonly cpu: number;
  readonly memoryBytes: number;
}

/** Use over the time between the last two looks; until there are two nothing is known, as in metrics-server. */
export class UsageWindow {
  #looks: ReadonlyMap<string, readonly [Sample, Sample | undefined]> = new Map();

  /** A look at everything that runs now; what is not in it is forgotten. Keys change with each run, so counters never fall. */
  take(samples: ReadonlyMap<string, Sample>): void {
    this.#looks = new Map(
      [...samples].map(([key, sample]) => [key, [sample, this.#looks.get(key)?.[0]] as const] as const),
    );
  }

  rateOf(key: string): Rate | undefined {
    const [last, before] = this.#looks.get(key) ?? [];
    if (last === undefined || before === undefined || last.atMs <= before.atMs) return undefined;
    const windowMs = last.atMs - before.atMs;
    const cpu = ((last.cpuSeconds - before.cpuSeconds) * 1000) / windowMs;
    return { atMs: last.atMs, windowMs, cpu, memoryBytes: last.memoryBytes };
  }
}

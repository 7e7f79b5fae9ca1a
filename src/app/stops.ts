/** What was started, and how each is stopped; stopped in reverse, bounded, once. */
export interface Stops {
  /** Registered right after the start, before anything else can fail. */
  add(name: string, stop: () => void | Promise<unknown>): void;
  /** Resolves with the names of those that failed or did not stop within `withinMs` each. */
  stop(withinMs: number): Promise<readonly string[]>;
}

export function createStops(onFailure: (name: string, error: unknown) => void): Stops {
  const started: { name: string; stop: () => void | Promise<unknown> }[] = [];
  let stopping: Promise<readonly string[]> | null = null;

  async function stopAll(withinMs: number): Promise<readonly string[]> {
    const failed: string[] = [];
    for (const { name, stop } of started.reverse()) {
      try {
        await within(withinMs, name, async () => stop());
      } catch (error) {
        failed.push(name);
        onFailure(name, error);
      }
    }
    return failed;
  }

  return {
    add: (name, stop) => void started.push({ name, stop }),
    stop: (withinMs) => (stopping ??= stopAll(withinMs)),
  };
}

async function within(ms: number, name: string, run: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not stop within ${ms} ms`)), ms);
  });
  try {
    await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

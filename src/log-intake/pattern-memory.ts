/** What the batches of one process know of one another. */
export interface PatternMemory {
  /** Patterns that are stored, with when an example was last kept; the oldest are forgotten, and stored again in vain. */
  readonly sampledAt: Map<string, number>;
  /** New patterns that may still be stored under their own name in this hour. */
  readonly allowance: { hour: number; left: number };
  /** Which patterns the store knows to be part of which. */
  joins: ReadonlyMap<string, string>;
}

export const MAX_REMEMBERED_PATTERNS = 100_000;
const MAX_NEW_PATTERNS_PER_HOUR = 20_000;

/** `stored` are the patterns that the store has, `joins` those of them that it knows to be part of others. */
export function createPatternMemory(
  stored: Iterable<string> = [],
  joins: ReadonlyMap<string, string> = new Map(),
): PatternMemory {
  return {
    sampledAt: new Map([...stored].map((id) => [id, 0])),
    allowance: { hour: 0, left: MAX_NEW_PATTERNS_PER_HOUR },
    joins,
  };
}

/** The one that had an example longest ago makes room. */
export function remember({ sampledAt }: PatternMemory, patternId: string, at: number): void {
  sampledAt.delete(patternId);
  sampledAt.set(patternId, at);
  if (sampledAt.size <= MAX_REMEMBERED_PATTERNS) return;
  for (const oldest of sampledAt.keys()) {
    sampledAt.delete(oldest);
    return;
  }
}

/** Whether one more new pattern may have a name of its own, beside those that are not stored yet. */
export function isAllowed({ allowance }: PatternMemory, staged: number, now: number): boolean {
  const hour = Math.floor(now / 3_600_000);
  if (allowance.hour !== hour) {
    allowance.hour = hour;
    allowance.left = MAX_NEW_PATTERNS_PER_HOUR;
  }
  return staged < allowance.left;
}

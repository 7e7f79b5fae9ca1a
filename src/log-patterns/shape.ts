import type { z } from 'zod';
import type { PatternRecord } from './pattern-record.ts';
import { PatternState } from './state.ts';

/** What tells a pattern from all others: by this it is known again, wherever its counts are kept. */
const PatternShape = PatternState.pick({ tokens: true, spaced: true, types: true, varied: true });

export function shapeOf({ tokens, spaced, types, varied }: PatternRecord): string {
  return JSON.stringify({ tokens, spaced, types, varied } satisfies Readonly<
    Record<keyof z.input<typeof PatternShape>, unknown>
  >);
}

/** The state of a pattern that was kept elsewhere; null when the shape is of another version, and the pattern has to be found again. */
export function readShape(kept: {
  readonly shape?: string | null;
  readonly firstSeenAt: number;
  readonly formerIds: readonly string[];
}): PatternState | null {
  const shape = PatternShape.safeParse(parsed(kept.shape ?? ''));
  if (!shape.success) return null;
  const { firstSeenAt, formerIds } = kept;
  return {
    ...shape.data,
    // How many there were is counted elsewhere.
    lines: 1,
    firstAt: firstSeenAt,
    lastAt: firstSeenAt,
    samples: [],
    counts: [],
    formerIds: [...formerIds],
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

import { z } from 'zod';

/** How far Hale may go, from least to most. */
export const MODES = ['observe', 'suggest', 'approve', 'auto'] as const;
export const Mode = z.enum(MODES);
export type Mode = z.infer<typeof Mode>;

/** The most careful of the given modes; `observe` when none is given. */
export function leastMode(modes: readonly Mode[]): Mode {
  if (modes.length === 0) return 'observe';
  return MODES[Math.min(...modes.map((mode) => MODES.indexOf(mode)))] ?? 'observe';
}

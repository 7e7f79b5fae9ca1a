import type { AlertClass } from '../domain/alert-class.ts';

/** Something that speaks for a class, and how strongly. */
export interface Clue {
  readonly class: AlertClass;
  readonly weight: number;
  readonly because: string;
}

/** Of each class the strongest: an expression that names a metric three times does not mean it more. */
export function strongest(clues: readonly Clue[]): Clue[] {
  const found = new Map<AlertClass, Clue>();
  for (const clue of clues) if ((found.get(clue.class)?.weight ?? 0) < clue.weight) found.set(clue.class, clue);
  return [...found.values()];
}

/** Each further clue of the same class counts half: long texts must not outweigh the expression. */
export function fading(clues: readonly Clue[]): Clue[] {
  const seen = new Map<AlertClass, number>();
  return [...clues]
    .sort((a, b) => b.weight - a.weight)
    .map((clue) => {
      const before = seen.get(clue.class) ?? 0;
      seen.set(clue.class, before + 1);
      return { ...clue, weight: clue.weight * 0.5 ** before };
    });
}

import { createLattice } from './lattice.ts';

/** How much the word of a shorter context counts where a longer one was seen: as much as one value. */
const PRIOR_VALUES = 1;
/** Counts are halved after so many values: what was long ago weighs less, and they fit 16 bits. */
const MOST_VALUES = 8_000;

export interface Surprise {
  /** Negative logarithm of the probability that the value's cell had, given the cells of the values before it. */
  push(value: number): number;
  /** After a gap: what comes next does not follow what came last. */
  interrupt(): void;
  readonly bytes: number;
}

/**
 * Learns which cell follows which: the probability of a cell after the last `order` cells, shrunk towards that after fewer of them, as in prediction by
 * partial matching (Cleary and Witten, 1984) and interpolated n-grams (MacKay and Peto, 1995). A value is surprising when it comes where nothing like it ever came,
 * though the range may know it: the novelty of contexts, as in contextual anomaly detection (M. Smirnov's CAD, 2016).
 */
export function createSurprise(cells: number, order: 1 | 2): Surprise {
  const lattice = createLattice(cells);
  /** Per order 0 to `order`: counts of (older cells ..., cell), the youngest moving fastest. */
  const counts = Array.from({ length: order + 1 }, (_, depth) => new Uint16Array(cells ** (depth + 1)));
  let seen = 0;
  /** Cells of the last values, the youngest first; -1 where nothing is known. */
  let [last, beforeLast] = [-1, -1];

  function move(target: (cell: number) => number): void {
    const map = Array.from({ length: cells }, (_, cell) => target(cell));
    for (const table of counts) remap(table, cells, map);
    last = map[last] ?? -1;
    beforeLast = map[beforeLast] ?? -1;
  }

  /** Takes `cell` in after the context that begins at `row`; what it was expected with, given the shorter context's word. */
  function learn(table: Uint16Array, row: number, cell: number, shorter: number): number {
    let total = 0;
    for (let other = 0; other < cells; other++) total += table[row + other] ?? 0;
    const count = table[row + cell] ?? 0;
    table[row + cell] = count + 1;
    return (count + PRIOR_VALUES * shorter) / (total + PRIOR_VALUES);
  }

  return {
    bytes: counts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    interrupt() {
      [last, beforeLast] = [-1, -1];
    },
    push(value) {
      const cell = lattice.cellOf(value, move);
      if (++seen > MOST_VALUES) {
        for (const table of counts) for (let at = 0; at < table.length; at++) table[at] = (table[at] ?? 0) >> 1;
        seen = MOST_VALUES >> 1;
      }
      const [zero, one, two] = counts as [Uint16Array, Uint16Array, Uint16Array | undefined];
      let chance = learn(zero, 0, cell, 1 / cells);
      if (last >= 0) chance = learn(one, last * cells, cell, chance);
      if (last >= 0 && beforeLast >= 0 && two !== undefined)
        chance = learn(two, (beforeLast * cells + last) * cells, cell, chance);
      [beforeLast, last] = [last, cell];
      return -Math.log(chance);
    },
  };
}

function remap(table: Uint16Array, cells: number, map: readonly number[]): void {
  const old = table.slice();
  table.fill(0);
  for (let at = 0; at < old.length; at++) {
    const count = old[at] ?? 0;
    if (count === 0) continue;
    let [rest, place, target] = [at, 1, 0];
    while (place < old.length) {
      target += (map[rest % cells] ?? 0) * place;
      rest = Math.floor(rest / cells);
      place *= cells;
    }
    table[target] = (table[target] ?? 0) + count;
  }
}

import { cellOf, cover, createLattice, type Lattice, type Move } from './lattice.ts';

/** How much the word of a shorter context counts where a longer one was seen: as much as one value. */
const PRIOR_VALUES = 1;
/** Counts are halved after so many values: what was long ago weighs less, and they fit 16 bits. */
const MOST_VALUES = 8_000;

/** State of one listener. Thousands of series are followed: plain fields, and no closures of its own. */
export interface Surprise {
  readonly lattice: Lattice;
  readonly order: 1 | 2;
  /** Where its counts lie in the table: after no cell, after each cell, after each pair; the youngest cell moves fastest. */
  from: number;
  readonly size: number;
  seen: number;
  /** Cells of the last values; -1 where nothing is known. */
  last: number;
  beforeLast: number;
}

export function createSurprise(cells: number, order: 1 | 2, from: number): Surprise {
  const size = cells + cells ** 2 + (order === 2 ? cells ** 3 : 0);
  return { lattice: createLattice(cells), order, from, size, seen: 0, last: -1, beforeLast: -1 };
}

/** After a gap: what comes next does not follow what came last. */
export function interrupt(one: Surprise): void {
  one.last = -1;
  one.beforeLast = -1;
}

/**
 * The probability that the value's cell had, given the cells of the values before it; then takes it in.
 * The probability of a cell after the last `order` cells is shrunk towards that after fewer of them, as in prediction by
 * partial matching (Cleary and Witten, 1984) and interpolated n-grams (MacKay and Peto, 1995). A value is surprising when it comes where nothing like it ever came,
 * though the range may know it: the novelty of contexts, as in contextual anomaly detection (M. Smirnov's CAD, 2016).
 */
export function chanceOf(one: Surprise, table: Uint16Array, value: number): number {
  const { lattice, order, from, size } = one;
  const { cells } = lattice;
  const move = cover(lattice, value);
  if (move !== null) moveCounts(one, table, move);
  const cell = cellOf(lattice, value);
  if (++one.seen > MOST_VALUES) {
    for (let at = from; at < from + size; at++) table[at] = (table[at] ?? 0) >> 1;
    one.seen = MOST_VALUES >> 1;
  }
  let chance = learn(table, from, cells, cell, 1 / cells);
  if (one.last >= 0) chance = learn(table, from + cells + one.last * cells, cells, cell, chance);
  if (order === 2 && one.beforeLast >= 0)
    chance = learn(table, from + cells * (1 + cells + one.beforeLast * cells + one.last), cells, cell, chance);
  one.beforeLast = one.last;
  one.last = cell;
  return chance;
}

/** Takes `cell` in after the context whose counts begin at `row`; how probable it was, given the shorter context's word. */
function learn(table: Uint16Array, row: number, cells: number, cell: number, shorter: number): number {
  let total = 0;
  for (let at = row; at < row + cells; at++) total += table[at] ?? 0;
  const count = table[row + cell] ?? 0;
  table[row + cell] = count + 1;
  return (count + PRIOR_VALUES * shorter) / (total + PRIOR_VALUES);
}

function moveCounts(one: Surprise, table: Uint16Array, move: Move): void {
  const { cells } = one.lattice;
  for (let cell = 0; cell < cells; cell++) TARGETS[cell] = move(cell);
  let start = one.from;
  for (let size = cells; start < one.from + one.size; size *= cells) {
    remap(table, start, size, cells);
    start += size;
  }
  one.last = TARGETS[one.last] ?? -1;
  one.beforeLast = TARGETS[one.beforeLast] ?? -1;
}

/** Scratch of `moveCounts`, used by one call at a time: the lattice of a young series widens often. */
const MOST_CELLS = 16;
const TARGETS = new Int8Array(MOST_CELLS);
const OLD = new Uint16Array(MOST_CELLS ** 3);

/** Moves each count to the place of its cells' targets. The youngest cell moves fastest. */
function remap(table: Uint16Array, start: number, size: number, cells: number): void {
  for (let at = 0; at < size; at++) OLD[at] = table[start + at] ?? 0;
  table.fill(0, start, start + size);
  for (let at = 0; at < size; at++) {
    const count = OLD[at] ?? 0;
    if (count === 0) continue;
    let [rest, target] = [at, 0];
    for (let place = 1; place < size; place *= cells) {
      target += (TARGETS[rest % cells] ?? 0) * place;
      rest = Math.floor(rest / cells);
    }
    table[start + target] = (table[start + target] ?? 0) + count;
  }
}

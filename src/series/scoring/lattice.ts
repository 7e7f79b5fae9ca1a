/** Equal cells that cover every value seen so far. Widths double, so cells only ever merge, and what was counted in them stays exact. */
export interface Lattice {
  readonly cells: number;
  low: number;
  high: number;
  /** 0 until two different values were seen. */
  width: number;
  /** Number of the first cell, counted in widths from zero. */
  first: number;
}

/** Where what was counted in an old cell belongs now. */
export type Move = (cell: number) => number;

export function createLattice(cells: number): Lattice {
  return { cells, low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, width: 0, first: 0 };
}

/** Makes the cells cover `value` too. Null when no cell had to move, which is nearly always. */
export function cover(lattice: Lattice, value: number): Move | null {
  const { cells, low, high, width, first } = lattice;
  if (value >= low && value <= high) return null;
  lattice.low = Math.min(low, value);
  lattice.high = Math.max(high, value);
  if (lattice.low === lattice.high) return null;
  if (width === 0) {
    // All that was seen until now is one value, counted in cell 0.
    lattice.width = (lattice.high - lattice.low) / cells;
    lattice.first = Math.floor(lattice.low / lattice.width);
    return () => cellOf(lattice, low);
  }
  if (Math.floor(lattice.low / width) >= first && Math.floor(lattice.high / width) < first + cells) return null;
  let times = 1;
  while (Math.floor(lattice.high / width / times) - Math.floor(lattice.low / width / times) >= cells) times *= 2;
  lattice.width = width * times;
  lattice.first = Math.floor(lattice.low / lattice.width);
  return (cell) => inside(lattice, Math.floor((cell + first) / times) - lattice.first);
}

/** 0 to `cells` - 1. The value is covered. */
export function cellOf(lattice: Lattice, value: number): number {
  return lattice.width === 0 ? 0 : inside(lattice, Math.floor(value / lattice.width) - lattice.first);
}

function inside({ cells }: Lattice, cell: number): number {
  return cell < 0 ? 0 : cell < cells ? cell : cells - 1;
}

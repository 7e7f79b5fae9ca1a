/** Equal cells that cover every value seen so far. */
export interface Lattice {
  /**
   * The cell of a value, 0 to `cells` - 1. When the value lies outside of what the cells cover, they are moved or widened first; then `moved` is told, for each
   * old cell, where what was counted in it belongs now. Cells only merge, so counts stay exact.
   */
  cellOf(value: number, moved: (target: (cell: number) => number) => void): number;
}

/** Starts with the first two different values. Widths double, so a cell never has to be split. */
export function createLattice(cells: number): Lattice {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let width = 0;
  let first = 0;

  function grow(moved: (target: (cell: number) => number) => void): void {
    const before = first;
    if (width === 0) {
      // All that was seen until now is one value, counted in cell 0.
      width = (high - low) / cells;
      const only = () => Math.max(0, Math.min(cells - 1, Math.floor(settled / width) - Math.floor(low / width)));
      first = Math.floor(low / width);
      moved(only);
      return;
    }
    let times = 1;
    while (Math.floor(high / width / times) - Math.floor(low / width / times) >= cells) times *= 2;
    width *= times;
    first = Math.floor(low / width);
    moved((cell) => Math.max(0, Math.min(cells - 1, Math.floor((cell + before) / times) - first)));
  }

  let settled = 0;
  return {
    cellOf(value, moved) {
      if (high < low) settled = value;
      const isBeyond = value < low || value > high;
      low = Math.min(low, value);
      high = Math.max(high, value);
      if (low === high) return 0;
      if (isBeyond && (width === 0 || Math.floor(low / width) < first || Math.floor(high / width) >= first + cells))
        grow(moved);
      return Math.max(0, Math.min(cells - 1, Math.floor(value / width) - first));
    },
  };
}

/** Numbers from 0 to 2^53 - 1 that are spread evenly, as hashes are: their lowest bits are the place in the table. */
export interface NumberSet {
  has(number: number): boolean;
  /** Whether it was not there. */
  add(number: number): boolean;
  readonly size: number;
  values(): Float64Array;
}

const LEAST_PLACES = 1_024;
/** No number that is kept. */
const EMPTY = -1;

/** Open addressing, at most half full: 16 to 32 bytes for each number, and no object for any. */
export function createNumberSet(): NumberSet {
  let table = new Float64Array(LEAST_PLACES).fill(EMPTY);
  let size = 0;

  /** Where the number is, or where it would be. */
  function placeOf(number: number): number {
    const last = table.length - 1;
    let place = (number >>> 0) & last;
    for (;;) {
      const found = table[place];
      if (found === number || found === EMPTY) return place;
      place = (place + 1) & last;
    }
  }

  function grow(): void {
    const before = table;
    table = new Float64Array(before.length * 2).fill(EMPTY);
    for (const number of before) if (number !== EMPTY) table[placeOf(number)] = number;
  }

  return {
    has: (number) => table[placeOf(number)] === number,
    add(number) {
      const place = placeOf(number);
      if (table[place] === number) return false;
      table[place] = number;
      size += 1;
      if (size * 2 > table.length) grow();
      return true;
    },
    get size() {
      return size;
    },
    values: () => table.filter((number) => number !== EMPTY),
  };
}

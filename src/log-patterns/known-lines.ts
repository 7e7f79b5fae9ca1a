/** How many kinds of lines are known at once; a power of two. */
const SLOTS = 1 << 16;
/** Fuller than this, and the table begins anew. */
const MOST = SLOTS * 0.6;

/**
 * Which pattern a masked line belongs to, by its hash alone: no text is kept, so that a known kind of line costs twenty bytes. Open addressing;
 * bounded: when it is full it forgets everything, and each kind of line is looked up once more.
 */
export interface KnownLines {
  /** The place of a line, or -1. */
  find(low: number, high: number): number;
  add(low: number, high: number, pattern: number, types: number): void;
  patternAt(place: number): number;
  /** The types of parameters that were seen last in this kind of line, as a hash. */
  typesAt(place: number): number;
  setTypes(place: number, types: number): void;
  /** Each pattern gets a new number; those without one are forgotten. */
  renumber(numbers: Int32Array): void;
}

export function createKnownLines(): KnownLines {
  let table = newTable();
  /** The table before the last renumbering, emptied and used again. */
  let spare = newTable();
  let size = 0;

  function find(low: number, high: number): number {
    const { lows, highs, patterns } = table;
    let place = (low ^ (high >>> 7)) & (SLOTS - 1);
    while (patterns[place] !== 0) {
      if (lows[place] === low && highs[place] === high) return place;
      place = (place + 1) & (SLOTS - 1);
    }
    return -1;
  }

  function add(low: number, high: number, pattern: number, seen: number): void {
    if (size >= MOST) {
      table.patterns.fill(0);
      size = 0;
    }
    const { lows, highs, patterns, types } = table;
    let place = (low ^ (high >>> 7)) & (SLOTS - 1);
    while (patterns[place] !== 0) place = (place + 1) & (SLOTS - 1);
    lows[place] = low;
    highs[place] = high;
    patterns[place] = pattern + 1;
    types[place] = seen;
    size += 1;
  }

  function renumber(numbers: Int32Array): void {
    const before = table;
    table = spare;
    spare = before;
    table.patterns.fill(0);
    size = 0;
    for (let place = 0; place < SLOTS; place += 1) {
      const pattern = before.patterns[place] ?? 0;
      const number = pattern === 0 ? -1 : (numbers[pattern - 1] ?? -1);
      if (number >= 0) add(before.lows[place] ?? 0, before.highs[place] ?? 0, number, before.types[place] ?? 0);
    }
  }

  return {
    find,
    add,
    renumber,
    patternAt: (place) => (table.patterns[place] ?? 0) - 1,
    typesAt: (place) => table.types[place] ?? 0,
    setTypes(place, seen) {
      table.types[place] = seen;
    },
  };
}

interface Table {
  readonly lows: Int32Array;
  readonly highs: Int32Array;
  /** One more than the pattern; 0 is an empty place. */
  readonly patterns: Int32Array;
  readonly types: Int32Array;
}

function newTable(): Table {
  const numbers = () => new Int32Array(SLOTS);
  return { lows: numbers(), highs: numbers(), patterns: numbers(), types: numbers() };
}

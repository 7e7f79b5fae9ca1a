import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellOf, cover, createLattice } from './lattice.ts';

describe('lattice', () => {
  const values = fc.array(
    fc.oneof(fc.integer({ min: -1_000, max: 1_000 }), fc.double({ min: -1e9, max: 1e9, noNaN: true })),
    {
      minLength: 1,
      maxLength: 60,
    },
  );

  it('gives every value a cell, and tells where older ones have gone', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(8, 16), (all, cells) => {
        const lattice = createLattice(cells);
        const counted: { value: number; cell: number }[] = [];
        for (const value of all) {
          const move = cover(lattice, value);
          if (move !== null) for (const one of counted) one.cell = move(one.cell);
          counted.push({ value, cell: cellOf(lattice, value) });
        }
        for (const { value, cell } of counted) {
          expect(cell).toBeGreaterThanOrEqual(0);
          expect(cell).toBeLessThan(cells);
          // Rounding may put a value that lies on an edge into the neighbour.
          expect(Math.abs(cell - cellOf(lattice, value))).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('moves exactly where widths are whole', () => {
    const lattice = createLattice(8);
    const counted: { value: number; cell: number }[] = [];
    for (const value of [0, 8, 3, 15, 40, -60, 7]) {
      const move = cover(lattice, value);
      if (move !== null) for (const one of counted) one.cell = move(one.cell);
      counted.push({ value, cell: cellOf(lattice, value) });
    }

    expect(counted.map(({ cell }) => cell)).toEqual(counted.map(({ value }) => cellOf(lattice, value)));
    expect(lattice.width).toBe(16);
  });
});

import { expect, test } from 'vitest';
import { formatTable } from './table.ts';

test('aligns columns and writes every kind of value', () => {
  const rows = [
    { fault: 'pool-too-small', healed: true, lever: null, collateral: [] },
    { fault: 'x', healed: false, lever: 'notify', collateral: ['a moved', 'b moved'] },
  ];

  expect(formatTable(rows).split('\n')).toEqual([
    'fault           healed  lever   collateral      ',
    'pool-too-small  yes     -       none            ',
    'x               no      notify  a moved, b moved',
  ]);
});

test('no rows are no table', () => {
  expect(formatTable([])).toBe('');
});

import { expect, it } from 'vitest';
import { type CatalogueDatabase, databaseOf } from './database-of.ts';
import { ORDERS } from './world-for-tests.ts';

const main: CatalogueDatabase = { name: 'main', matchers: { job: 'postgres' }, usedBy: ['shop/orders'] };
const shared: CatalogueDatabase = { name: 'shared', matchers: { job: 'mysql' }, usedBy: ['shop/web', 'shop/orders'] };
const free: CatalogueDatabase = { name: 'free', matchers: { job: 'other' } };

it.each<[string, string | null, CatalogueDatabase[], object]>([
  ['declared by the policy', 'free', [main, free], { kind: 'database', database: free }],
  ['declared by the catalogue', null, [main, free], { kind: 'database', database: main }],
  ['declared for several workloads', null, [shared, free], { kind: 'database', database: shared }],
  ['declared: none', 'none', [free], { kind: 'none' }],
  ['none, against the catalogue', 'none', [main], { kind: 'undeclared' }],
  [
    'a name that the catalogue does not have',
    'mian',
    [main],
    { kind: 'undeclared', why: 'the policy names database mian; the catalogue has: main' },
  ],
  [
    'several',
    null,
    [main, shared],
    { kind: 'undeclared', why: 'shop/orders uses several databases (main, shared); name one' },
  ],
  ['not declared: the only database is not assumed', null, [free], { kind: 'undeclared' }],
])('%s', (_name, declared, catalogue, expected) => {
  const use = databaseOf(ORDERS, declared, catalogue);

  expect(use).toMatchObject(expected);
});

import { expect, it } from 'vitest';
import type { FreezeState } from '../ports/store.ts';
import { type FreezeReading, readFreeze } from './read-freeze.ts';

const settings = { namespace: 'hale', configMap: 'hale-freeze' };
const byStore: FreezeState = { frozen: true, by: 'sam', reason: 'upgrade', at: 1 };
const lost = new Error('no route to host');

function answer<T>(given: T | Error): () => Promise<T> {
  return async () => {
    if (given instanceof Error) throw given;
    return given;
  };
}

it.each<[string, FreezeState | null | Error, Record<string, string> | null | Error, Partial<FreezeReading>]>([
  ['neither', null, null, { known: true, frozen: false }],
  ['the store', byStore, null, { known: true, frozen: true, by: 'sam', reason: 'upgrade' }],
  [
    'the ConfigMap',
    null,
    { frozen: 'true', by: 'kim', reason: 'audit' },
    { known: true, frozen: true, by: 'kim', reason: 'audit' },
  ],
  [
    'the ConfigMap in other letters',
    null,
    { frozen: ' True\n' },
    { known: true, frozen: true, by: 'ConfigMap hale/hale-freeze' },
  ],
  [
    'unfrozen in the ConfigMap, frozen in the store',
    byStore,
    { frozen: 'false' },
    { known: true, frozen: true, by: 'sam' },
  ],
  ['unfrozen in both', { ...byStore, frozen: false }, { frozen: 'false' }, { known: true, frozen: false }],
  ['a word that is neither', null, { frozen: 'yes' }, { known: false }],
  ['a ConfigMap without the key', null, {}, { known: false }],
  ['an unreadable ConfigMap', null, lost, { known: false, why: 'no route to host' }],
  ['an unreadable ConfigMap, frozen in the store', byStore, lost, { known: true, frozen: true }],
  ['an unreadable store', lost, null, { known: false, why: 'no route to host' }],
  ['an unreadable store, frozen in the ConfigMap', lost, { frozen: 'true' }, { known: true, frozen: true }],
])('%s', async (_name, stored, mapped, expected) => {
  const reading = await readFreeze({
    store: { freeze: answer(stored) },
    cluster: { configMap: answer(mapped) },
    settings,
  });

  expect(reading).toMatchObject(expected);
});

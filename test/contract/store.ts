import { describe } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import { storeAnswers } from './store-answers.ts';
import { storeCommits } from './store-commits.ts';
import { storeInterleavings } from './store-interleavings.ts';
import { storeRetention } from './store-retention.ts';

/** A fresh, empty store. Its clock stands at T0, so that "at once" is T0. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Closes it and opens it again on what is stored. */
  reopen(): Promise<Store>;
  destroy(): Promise<void>;
}
export type MakeStore = () => Promise<StoreUnderTest>;

/** What every adapter of the Store port must do, to be run with each of them. */
export function storeContract(name: string, make: MakeStore): void {
  describe(`${name}: store contract`, () => {
    storeCommits(make);
    storeAnswers(make);
    storeRetention(make);
    storeInterleavings(make);
  });
}

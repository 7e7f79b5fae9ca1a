import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { createManualClock } from '../../src/simulation/clock.ts';
import { storeContract } from './store.ts';
import { T0 } from './store-records.ts';

storeContract('sqlite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hale-store-'));
  const open = () => openSqliteStore({ path: join(directory, 'store.db'), clock: createManualClock({ startMs: T0 }) });
  const store = await open();
  let current = store;
  return {
    store,
    async reopen() {
      await current.close();
      current = await open();
      return current;
    },
    async destroy() {
      await current.close();
      rmSync(directory, { recursive: true });
    },
  };
});

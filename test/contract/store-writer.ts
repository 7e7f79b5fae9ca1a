// Commits without end and prints the number of each commit once it is acknowledged. Meant to be killed.
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { createManualClock } from '../../src/simulation/clock.ts';
import { incidentOf, signalOf, T0 } from './store-records.ts';

const [path = ''] = process.argv.slice(2);
const store = await openSqliteStore({ path, clock: createManualClock({ startMs: T0 }) });
await store.commit({ save: [{ record: incidentOf('a'), expectedVersion: 0 }] });

let next = 0;
async function lane(): Promise<void> {
  for (;;) {
    const number = next++;
    // Both halves of one change: neither may ever be found without the other.
    await store.commit({
      signals: [signalOf(`${number}`, 'a')],
      reserve: { holder: `${number}`, at: T0, items: [{ kind: 'exclusive', key: `key-${number}` }] },
    });
    process.stdout.write(`${number}\n`);
  }
}
await Promise.all(Array.from({ length: 8 }, lane));

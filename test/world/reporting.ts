import { Client } from 'pg';
import { sleep } from './clock.ts';
import type { World } from './world.ts';

/** Another client of the same database: it takes connections and does nothing with them. */
export interface Reporting {
  /** How many it has at this moment. */
  held(): number;
  close(): Promise<void>;
}

const RETRY_MS = 200;
const FIRST_GRAB_MS = 10_000;

/**
 * Takes `count` connections and keeps them, asking again whenever one is refused or lost. Resolves when it has them all, or with fewer
 * after ten seconds: the shop gives up idle connections only little by little.
 */
export async function openReporting(world: World, count: number): Promise<Reporting> {
  const { clock } = world;
  const stopping = new AbortController();
  const clients = new Set<Client>();

  async function hold(): Promise<void> {
    while (!stopping.signal.aborted) {
      const client = new Client({ connectionString: world.postgres.shopUrl, application_name: 'reporting' });
      const lost = new Promise<void>((resolve) => {
        client.once('end', resolve);
        client.on('error', () => resolve());
      });
      try {
        await client.connect();
        clients.add(client);
        await Promise.race([lost, aborted(stopping.signal)]);
      } catch {
        // Refused for now: the server is as full as this fault wants it.
      }
      clients.delete(client);
      await client.end().catch(() => undefined);
      await sleep(clock, RETRY_MS, stopping.signal);
    }
  }

  const loops = Array.from({ length: count }, hold);
  const deadlineMs = clock.now() + FIRST_GRAB_MS;
  while (clients.size < count && clock.now() < deadlineMs && !world.signal.aborted) await sleep(clock, 50);
  return {
    held: () => clients.size,
    async close() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

import { z } from 'zod';

export const SYNC_WITHIN_MS = 600_000;

/** What a cache holds; restarts are those of all containers of all pods, which tells how many events it has taken in. */
export const Seen = z.object({ workloads: z.number(), pods: z.number(), restarts: z.number() });
export type Seen = z.infer<typeof Seen>;

export const FromChild = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('synced'), syncedMs: z.number() }),
  z.object({ kind: z.literal('seen'), seen: Seen }),
]);
export type FromChild = z.infer<typeof FromChild>;

/** Tells that the cache is in step, then what it holds, each time the parent asks. Ends with the parent. */
export function serveParent(syncedMs: number, look: () => Seen): void {
  const send = (message: FromChild): void => void process.send?.(message);
  process.on('message', () => send({ kind: 'seen', seen: look() }));
  process.once('disconnect', () => process.exit(0));
  send({ kind: 'synced', syncedMs });
}

import { z } from 'zod';

/**
 * What can be made wrong in one running process. Every field has the neutral value as its default, so `{}` is a healthy
 * service. A new fault is a field here and the one place that obeys it.
 */
export const Faults = z.strictObject({
  /** Extra wait of every request, outside processor and database. Milliseconds. */
  latencyMs: z.number().int().min(0).max(600_000).default(0),
  /** Share of requests, 0 to 1, that end with status 500 before any work is done. */
  errorRate: z.number().min(0).max(1).default(0),
  /** Extra time for which each query keeps its client of the pool, while the server is idle. Milliseconds. */
  poolHoldMs: z.number().int().min(0).max(600_000).default(0),
  /** Every n-th use of the database never gives its client back; 0 is off. Switching it off returns nothing: only a restart does. */
  leakEvery: z.number().int().min(0).max(1_000_000).default(0),
  /** Connections opened beside the pool and held idle: they use up the server's `max_connections`. */
  idleConnections: z.number().int().min(0).max(1000).default(0),
  /** Busy loop of each request on the event loop. Milliseconds. */
  cpuBurnMs: z.number().int().min(0).max(60_000).default(0),
  /** Memory that each request leaves behind for good. KiB; switching it off gives nothing back. */
  memoryLeakKb: z.number().int().min(0).max(1_000_000).default(0),
  /** Memory taken when this is switched on, and kept until it is lowered. MiB. */
  allocateMb: z.number().int().min(0).max(100_000).default(0),
  /** Every n-th request carries a voucher of the old kind, over which the code stumbles (vouchers.ts); 0 is off. */
  bugEvery: z.number().int().min(0).max(1_000_000).default(0),
  /** What each request adds to the journal on the volume. KiB; a process that starts with 0 throws the journal away. */
  journalKb: z.number().int().min(0).max(100_000).default(0),
  /** Threads beside the event loop that do nothing but use the processor, until this is lowered. */
  spinThreads: z.number().int().min(0).max(64).default(0),
  /** The process ends with exit code 1 so long after this is switched on, or after its start; 0 is off. Milliseconds. */
  exitAfterMs: z.number().int().min(0).max(600_000).default(0),
});
export type Faults = z.infer<typeof Faults>;

/** A POST names only what it changes; an unknown name is refused, so that a misspelt fault is not a healthy run. */
export const FaultChange = z.strictObject({
  latencyMs: Faults.shape.latencyMs.unwrap().optional(),
  errorRate: Faults.shape.errorRate.unwrap().optional(),
  poolHoldMs: Faults.shape.poolHoldMs.unwrap().optional(),
  leakEvery: Faults.shape.leakEvery.unwrap().optional(),
  idleConnections: Faults.shape.idleConnections.unwrap().optional(),
  cpuBurnMs: Faults.shape.cpuBurnMs.unwrap().optional(),
  memoryLeakKb: Faults.shape.memoryLeakKb.unwrap().optional(),
  allocateMb: Faults.shape.allocateMb.unwrap().optional(),
  bugEvery: Faults.shape.bugEvery.unwrap().optional(),
  journalKb: Faults.shape.journalKb.unwrap().optional(),
  spinThreads: Faults.shape.spinThreads.unwrap().optional(),
  exitAfterMs: Faults.shape.exitAfterMs.unwrap().optional(),
});
export type FaultChange = z.infer<typeof FaultChange>;

export type FaultOutcome = { faults: Faults } | { problem: string };

/** Faults of the database make no sense in a service without one, and are refused there. */
export function changeFaults(current: Faults, body: unknown, hasDatabase: boolean): FaultOutcome {
  const parsed = FaultChange.safeParse(body);
  if (!parsed.success) {
    return { problem: `${z.prettifyError(parsed.error)}\nallowed: ${Object.keys(Faults.shape).join(', ')}` };
  }
  const given = Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined));
  const faults = Faults.parse({ ...current, ...given });
  if (!hasDatabase && (faults.poolHoldMs > 0 || faults.leakEvery > 0 || faults.idleConnections > 0)) {
    return { problem: 'poolHoldMs, leakEvery and idleConnections need a database, and this service has none' };
  }
  return { faults };
}

import { z } from 'zod';
import { KnownDatabases } from '../../src/connections/index.ts';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.disk-filling`. */
export const DiskFillingConfig = z.strictObject({
  /** A volume that will be full later is not told. */
  within: DurationMs.prefault('4h'),
  /** From this share on a volume is full, 0..1. */
  fullShare: z.number().min(0.5).max(1).default(0.97),
  /** Growth of a volume that is emptier says little: it may be a load that ends. */
  minUsedShare: z.number().min(0).max(1).default(0.6),
  /** Most bytes that a database of the catalogue may take, by its name, where its volume has no metrics. */
  databaseMaxBytes: z.record(z.string(), z.number().positive()).default({}),
  databases: KnownDatabases,
});
export type DiskFillingConfig = z.infer<typeof DiskFillingConfig>;

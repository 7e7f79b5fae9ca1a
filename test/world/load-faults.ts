import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { CauseReason } from '../../src/domain/reason.ts';
import { describeError, WorldError } from './errors.ts';
import type { Fault } from './fault.ts';
import { SHOP_SERVICES } from './manifests.ts';
import { OPTIONAL_PARTS, type OptionalPartName } from './parts-list.ts';

const FILE = /(?<!\.test)\.(?:ts|mts|js|mjs)$/;
const Run = z.custom<(stage: never) => Promise<void>>(
  (it) => typeof it === 'function',
  'must be a function of the stage',
);
const Text = z.string().min(1).max(500);

/** Shape of a Fault that came from elsewhere; what it does with the shop is checked where it is used. */
const FaultShape = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be lower-case words joined by -'),
  description: Text,
  smoke: z.boolean(),
  needs: z.array(z.enum(Object.keys(OPTIONAL_PARTS) as [OptionalPartName, ...OptionalPartName[]])).optional(),
  shop: z.partialRecord(z.enum(SHOP_SERVICES), z.looseObject({ replicas: z.number().int().min(0) })).optional(),
  nodeProcessors: z.number().positive().max(1.5).optional(),
  quietRatePerS: z.number().positive().max(5_000),
  quietMs: z.number().positive().max(3_600_000).optional(),
  causeExpected: CauseReason.nullable(),
  leverExpected: Text.nullable(),
  refusedExpected: Text.optional(),
  mayMove: z.array(
    z.strictObject({
      kind: Text,
      namespace: Text,
      name: Text,
      fields: z.array(Text),
      pods: z.enum(['stay', 'come-and-go', 'restart']),
    }),
  ),
  on: Run,
  off: Run,
  before: Run.optional(),
  cure: Run.optional(),
  harm: Run.optional(),
});

/** The faults of a folder, one per file; throws `bad-fault` with one line for each file that holds none. */
export async function loadFaults(folder: string): Promise<Fault[]> {
  const path = resolve(folder);
  const names = await readdir(path).catch((cause: unknown) => {
    throw new WorldError('bad-fault', `--faults ${folder}: ${describeError(cause)}`, { cause });
  });
  const files = names.filter((name) => FILE.test(name)).sort();
  if (files.length === 0) throw new WorldError('bad-fault', `--faults ${folder}: no .ts, .mts, .js or .mjs file in it`);
  const faults: Fault[] = [];
  const problems: string[] = [];
  for (const file of files) {
    const loaded = await loadFault(join(path, file));
    if (typeof loaded === 'string') problems.push(`${join(folder, file)}: ${loaded}`);
    else faults.push(loaded);
  }
  if (problems.length > 0) throw new WorldError('bad-fault', problems.join('\n'));
  return faults;
}

/** All faults of the run; throws `bad-fault` when two have one name. */
export function joinFaults(own: readonly Fault[], added: readonly Fault[]): readonly Fault[] {
  const all = [...own, ...added];
  const twice = all.find((it, index) => all.findIndex(({ id }) => id === it.id) !== index);
  if (twice) throw new WorldError('bad-fault', `two faults have the id ${twice.id}; rename the one in --faults`);
  return all;
}

async function loadFault(path: string): Promise<Fault | string> {
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    return `cannot be loaded: ${describeError(error)}`;
  }
  const exported = new Set(Object.values(module).filter((it) => typeof it === 'object' && it !== null && 'id' in it));
  const [fault] = exported;
  if (fault === undefined) return 'exports no fault: export one object of the type Fault (test/world/fault.ts)';
  if (exported.size > 1) return `exports ${exported.size} faults; one file holds one fault`;
  const parsed = FaultShape.safeParse(fault);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path: at, message }) => `${at.join('.') || 'fault'}: ${message}`).join('; ');
  }
  if ((parsed.data.causeExpected === null) !== (parsed.data.leverExpected === null)) {
    return 'causeExpected and leverExpected: both are null, or neither is';
  }
  // The object itself, not the copy: its functions may use `this`.
  return fault as Fault;
}

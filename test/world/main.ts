import { appendFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Arguments, chooseFaults, readArguments, USAGE } from './arguments.ts';
import { realClock } from './clock.ts';
import { describeError, WorldError } from './errors.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults/index.ts';
import { createWorldFolder, sweepLeftovers } from './leftovers.ts';
import { joinFaults, loadFaults } from './load-faults.ts';
import { runInNamespace } from './namespace.ts';
import { findOptionalParts, findParts } from './parts.ts';
import type { OptionalPartName, OptionalParts } from './parts-list.ts';
import { createProgress, type Progress } from './progress.ts';
import { proveInOwnWorld } from './prove-kubelet/outside.ts';
import type { RunAnswer, RunPlan } from './run-plan.ts';
import { formatTable } from './table.ts';

const FAILED = 1;
const WRONG_USE = 2;

/** `npm run e2e`: one fresh world per fault, so that no row is coloured by the one before. */
async function main(): Promise<number> {
  const progress = createProgress(realClock, (text) => void process.stderr.write(text));
  const given = readArguments(process.argv.slice(2));
  if (given.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const added = given.faultsFolder === undefined ? [] : await loadFaults(given.faultsFolder);
  const chosen = chooseFaults(given, joinFaults(FAULTS, added));
  const parts = await findParts({ env: process.env, progress });
  for (const folder of await sweepLeftovers(process.env)) progress.say(`removed what a dead run left in ${folder}`);
  if (given.proveKubelet) {
    const rows = await proveInOwnWorld(parts, given.keep, progress);
    if (rows.length > 0) process.stdout.write(`${formatTable(rows)}\n`);
    return rows.length > 0 && rows.every((it) => it.asExpected) ? 0 : FAILED;
  }
  if (given.out !== undefined) await writeFile(given.out, '');
  const rows: RunAnswer['row'][] = [];
  let skipped = 0;
  for (const fault of chosen) {
    progress.say(`${fault.id}: ${fault.description}`);
    const optionalParts = await optionalPartsOf(fault, given, progress);
    if (optionalParts === undefined) {
      skipped += 1;
      continue;
    }
    const { row, interrupted } = await runFault(fault, given, { parts, optionalParts }, progress);
    if (interrupted) return FAILED;
    if (row === undefined) continue;
    rows.push(row);
    if (given.out !== undefined) await appendFile(given.out, `${JSON.stringify(row)}\n`);
  }
  if (rows.length > 0) process.stdout.write(`${formatTable(rows)}\n`);
  const good = rows.filter((it) => it.asExpected).length;
  progress.say(`${good} of ${chosen.length} faults as expected${skipped === 0 ? '' : `, ${skipped} skipped`}`);
  return good === chosen.length - skipped ? 0 : FAILED;
}

/** Undefined, with one line that says why, when the fault has to be skipped for want of a part. */
async function optionalPartsOf(
  { id, needs = [] }: Fault,
  { logsThroughElasticsearch }: Arguments,
  progress: Progress,
): Promise<OptionalParts | undefined> {
  const ways: OptionalPartName[] = logsThroughElasticsearch ? ['rsyslog', 'elasticsearch'] : ['rsyslog'];
  try {
    return await findOptionalParts({ env: process.env, progress }, [...new Set([...needs, ...ways])]);
  } catch (error) {
    if (!isSkip(error)) throw error;
    progress.say(`skipped: ${id}: ${describeError(error)}`);
    return undefined;
  }
}

type FoundParts = Pick<RunPlan, 'parts' | 'optionalParts'>;

async function runFault(fault: Fault, given: Arguments, found: FoundParts, progress: Progress) {
  const { folder, ...owned } = await createWorldFolder(process.env);
  let row: RunAnswer['row'] | undefined;
  try {
    const { seed, prove, alertRules, faultsFolder, dossiers } = given;
    const plan: RunPlan = {
      ...found,
      folder,
      fault: fault.id,
      seed,
      prove,
      alertRules,
      faultsFolder: faultsFolder === undefined ? undefined : resolve(faultsFolder),
      dossiersFolder: dossiers === undefined ? undefined : resolve(dossiers),
    };
    const { how, interrupted } = await runInNamespace({
      unshare: found.parts.unshare,
      entry: join(import.meta.dirname, 'run-inside.ts'),
      args: [JSON.stringify(plan)],
      env: process.env,
      onMessage: (message) => {
        row = (message as RunAnswer).row;
      },
    });
    if (row === undefined && !interrupted) progress.say(`${fault.id}: no row, the run ended with ${how}`);
    return { row, interrupted };
  } finally {
    await owned.release(given.keep);
    if (given.keep) progress.say(`logs are in ${join(folder, 'logs')} and ${join(folder, 'pods')}`);
  }
}

/** Without a part there is nothing to judge; where every part has to be there (in CI), that is a failure. */
function isSkip(error: unknown): boolean {
  return error instanceof WorldError && error.code === 'missing-part' && process.env['HALE_REQUIRE_PARTS'] !== '1';
}

try {
  process.exitCode = await main();
} catch (error) {
  const skip = isSkip(error);
  process.stderr.write(`${skip ? 'skipped: ' : ''}${describeError(error)}\n`);
  const code = error instanceof WorldError ? error.code : undefined;
  if (!skip) process.exitCode = code === 'bad-arguments' || code === 'bad-fault' ? WRONG_USE : FAILED;
}

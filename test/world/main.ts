import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Arguments, readArguments, USAGE } from './arguments.ts';
import { realClock } from './clock.ts';
import { describeError, WorldError } from './errors.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults/index.ts';
import { createWorldFolder, sweepLeftovers } from './leftovers.ts';
import { runInNamespace } from './namespace.ts';
import { findParts } from './parts.ts';
import type { Parts } from './parts-list.ts';
import { createProgress, type Progress } from './progress.ts';
import { proveInOwnWorld } from './prove-kubelet/outside.ts';
import type { RunAnswer, RunPlan } from './run-plan.ts';
import { formatTable } from './table.ts';

const FAILED = 1;
const WRONG_USE = 2;

/** `npm run e2e`: one fresh world per fault, so that no row is coloured by the one before. */
async function main(): Promise<number> {
  const progress = createProgress(realClock, (text) => void process.stderr.write(text));
  const given = readArguments(
    process.argv.slice(2),
    FAULTS.map((it) => it.id),
  );
  if (given.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const parts = await findParts({ env: process.env, progress });
  for (const folder of await sweepLeftovers(process.env)) progress.say(`removed what a dead run left in ${folder}`);
  if (given.proveKubelet) {
    const rows = await proveInOwnWorld(parts, given.keep, progress);
    if (rows.length > 0) process.stdout.write(`${formatTable(rows)}\n`);
    return rows.length > 0 && rows.every((it) => it.asExpected) ? 0 : FAILED;
  }
  if (given.out !== undefined) await writeFile(given.out, '');
  const chosen = FAULTS.filter((it) => (given.fault === undefined ? !given.smoke || it.smoke : it.id === given.fault));
  const rows: RunAnswer['row'][] = [];
  for (const fault of chosen) {
    progress.say(`${fault.id}: ${fault.description}`);
    const { row, interrupted } = await runFault(fault, given, parts, progress);
    if (interrupted) return FAILED;
    if (row === undefined) continue;
    rows.push(row);
    if (given.out !== undefined) await appendFile(given.out, `${JSON.stringify(row)}\n`);
  }
  if (rows.length > 0) process.stdout.write(`${formatTable(rows)}\n`);
  const good = rows.filter((it) => it.asExpected).length;
  progress.say(`${good} of ${chosen.length} faults as expected`);
  return good === chosen.length ? 0 : FAILED;
}

async function runFault(fault: Fault, given: Arguments, parts: Parts, progress: Progress) {
  const { folder, ...owned } = await createWorldFolder(process.env);
  let row: RunAnswer['row'] | undefined;
  try {
    const plan: RunPlan = { parts, folder, fault: fault.id, seed: given.seed, prove: given.prove };
    const { how, interrupted } = await runInNamespace({
      unshare: parts.unshare,
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

try {
  process.exitCode = await main();
} catch (error) {
  const code = error instanceof WorldError ? error.code : undefined;
  const isSkip = code === 'missing-part' && process.env['HALE_REQUIRE_PARTS'] !== '1';
  process.stderr.write(`${isSkip ? 'skipped: ' : ''}${describeError(error)}\n`);
  if (!isSkip) process.exitCode = code === 'bad-arguments' ? WRONG_USE : FAILED;
}

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { realClock } from '../clock.ts';
import { describeError, WorldError } from '../errors.ts';
import { createWorldFolder, sweepLeftovers } from '../leftovers.ts';
import { runInNamespace } from '../namespace.ts';
import { findOptionalParts, findParts } from '../parts.ts';
import { createProgress } from '../progress.ts';
import { PLAY_USAGE, readPlayArguments } from './arguments.ts';
import type { PlaceOfPart, PlayAnswer, PlayPlan } from './plan.ts';

const FAILED = 1;
const WRONG_USE = 2;

/** `npm run world`: the whole world under a quiet load, until Ctrl-C. */
async function main(): Promise<number> {
  const given = readPlayArguments(process.argv.slice(2));
  if (given.help) {
    process.stdout.write(`${PLAY_USAGE}\n`);
    return 0;
  }
  const progress = createProgress(realClock, (text) => void process.stderr.write(text));
  const context = { env: process.env, progress };
  const parts = await findParts(context);
  const optionalParts = await findOptionalParts(context, given.optional);
  for (const folder of await sweepLeftovers(process.env)) progress.say(`removed what a dead run left in ${folder}`);
  const { folder, ...owned } = await createWorldFolder(process.env);
  const { hale, alertRules, seed, faultsFolder } = given;
  const plan: PlayPlan = {
    parts,
    optionalParts,
    folder,
    hale,
    alertRules,
    seed,
    faultsFolder: faultsFolder === undefined ? undefined : resolve(faultsFolder),
  };
  const prompt = createPrompt();
  let unsharePid = 0;
  try {
    const { how, interrupted } = await runInNamespace({
      unshare: parts.unshare,
      entry: join(import.meta.dirname, 'inside.ts'),
      args: [JSON.stringify(plan)],
      env: process.env,
      onStart: (inner) => {
        unsharePid = inner.pid;
        prompt.onLine((line) => inner.send({ line }));
      },
      onMessage: (message) => {
        const told = message as PlayAnswer;
        process.stdout.write('ready' in told ? describeWorld(told.ready, unsharePid, folder) : `${told.answer}\n`);
        prompt.ask();
      },
    });
    if (!interrupted && how !== 'exit code 0') progress.say(`the world ended with ${how}`);
    return interrupted || how === 'exit code 0' ? 0 : FAILED;
  } finally {
    prompt.close();
    await owned.release(false);
  }
}

function createPrompt() {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'world> ' });
  // On a terminal readline takes Ctrl-C for itself; the run has to hear of it as of any other.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  return {
    ask: () => lines.prompt(),
    onLine: (take: (line: string) => void) => lines.on('line', take),
    close: () => lines.close(),
  };
}

function describeWorld(places: readonly PlaceOfPart[], unsharePid: number, folder: string): string {
  const rows = places.map(({ name, where }) => `  ${name.padEnd(18)} ${where}`);
  const asRoot = process.getuid?.() === 0 ? '' : ' --user --preserve-credentials';
  const enter = `nsenter --target ${firstInside(unsharePid)} --net --pid --mount${asRoot}`;
  return `
The world is up. It has a network of its own; from another terminal
  ${enter} bash
stands inside it, and there are:
${rows.join('\n')}
  files and logs     ${folder}

At this prompt: on FAULT, off, faults, rate N, users, incidents, help. Ctrl-C ends the world.
`;
}

/** The process namespace is that of unshare's child, not its own. */
function firstInside(unsharePid: number): string {
  return readFileSync(`/proc/${unsharePid}/task/${unsharePid}/children`, 'utf8').trim().split(' ')[0] ?? '';
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = error instanceof WorldError && error.code.startsWith('bad-') ? WRONG_USE : FAILED;
}

import { realClock } from '../clock.ts';
import { describeError, WorldError } from '../errors.ts';
import { assertInsideNamespace, stopSignalFromOutside } from '../namespace.ts';
import type { Parts } from '../parts-list.ts';
import { createProgress } from '../progress.ts';
import { startWorld } from '../world.ts';
import { proveKubelet } from './prove.ts';

export interface ProofPlan {
  readonly parts: Parts;
  readonly folder: string;
}

/** The half that lives inside the namespace: a world without a shop, and the claims. */
async function run({ parts, folder }: ProofPlan): Promise<void> {
  assertInsideNamespace(process.env);
  const signal = stopSignalFromOutside();
  const progress = createProgress(realClock, (text) => void process.stderr.write(text));
  const world = await startWorld({ parts, folder, clock: realClock, progress, signal });
  try {
    const rows = await proveKubelet(world);
    if (!process.send) throw new WorldError('no-namespace', 'nobody listens: use `npm run e2e -- --prove-kubelet`');
    process.send(rows);
  } finally {
    for (const line of await world.stop()) progress.say(`did not stop well: ${line}`);
    progress.say('the world is stopped');
  }
}

try {
  await run(JSON.parse(process.argv[2] ?? '') as ProofPlan);
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
}

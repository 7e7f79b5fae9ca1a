import { join } from 'node:path';
import { createWorldFolder } from '../leftovers.ts';
import { runInNamespace } from '../namespace.ts';
import type { Parts } from '../parts-list.ts';
import type { Progress } from '../progress.ts';
import type { ProofPlan } from './inside.ts';
import type { ClaimRow } from './prove.ts';

/** `npm run e2e -- --prove-kubelet`: the rows of one world in which every claim is tried; none when it did not come that far. */
export async function proveInOwnWorld(parts: Parts, keep: boolean, progress: Progress): Promise<readonly ClaimRow[]> {
  const { folder, ...owned } = await createWorldFolder(process.env);
  let rows: readonly ClaimRow[] = [];
  try {
    const plan: ProofPlan = { parts, folder };
    await runInNamespace({
      unshare: parts.unshare,
      entry: join(import.meta.dirname, 'inside.ts'),
      args: [JSON.stringify(plan)],
      env: process.env,
      onMessage: (message) => {
        rows = message as readonly ClaimRow[];
      },
    });
    return rows;
  } finally {
    await owned.release(keep);
    if (keep) progress.say(`logs are in ${join(folder, 'logs')} and ${join(folder, 'pods')}`);
  }
}

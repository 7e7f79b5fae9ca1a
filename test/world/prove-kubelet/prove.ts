import { sleep } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { World } from '../world.ts';
import { CLAIMS, type Claim } from './claims.ts';
import { CORE, createStage, NAMESPACE, type Stage } from './stage.ts';

/** What was seen of one claim. */
export interface ClaimRow {
  readonly claim: string;
  readonly seconds: number;
  readonly seen: string;
  readonly asExpected: boolean;
}

const TIMEOUT_MS = 120_000;
const LOOK_AGAIN_MS = 500;

/** All claims at once in one world; a row each. */
export async function proveKubelet(world: World): Promise<readonly ClaimRow[]> {
  const stage = createStage(world);
  await world.admin.create('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE },
  });
  await until(world, async () => (await world.admin.get(`${CORE}/serviceaccounts/default`), 'there'));
  return Promise.all(CLAIMS.map((claim) => prove(claim, stage)));
}

async function prove({ name, begin, look }: Claim, stage: Stage): Promise<ClaimRow> {
  const { world } = stage;
  const fromMs = world.clock.now();
  let seen: string | undefined;
  let problem = '';
  try {
    await begin(stage);
    seen = await until(world, () => look(stage));
  } catch (error) {
    problem = describeError(error);
  }
  const seconds = Math.round((world.clock.now() - fromMs) / 100) / 10;
  const text = (seen ?? problem).replaceAll('\n', ' ').slice(0, 110);
  world.progress.say(`${name}: ${seen === undefined ? 'NOT seen: ' : ''}${text}`);
  return { claim: name, seconds, seen: text, asExpected: seen !== undefined };
}

/** Errors while it looks are not the end: what it asks for may not be there yet. */
async function until({ clock, signal }: World, look: () => Promise<string | undefined>): Promise<string> {
  const deadlineMs = clock.now() + TIMEOUT_MS;
  let last = 'it never held';
  while (clock.now() < deadlineMs) {
    signal.throwIfAborted();
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
      last = 'it never held';
    } catch (error) {
      last = describeError(error);
    }
    await sleep(clock, LOOK_AGAIN_MS, signal);
  }
  throw new Error(last);
}

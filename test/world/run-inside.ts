import { realClock } from './clock.ts';
import { startDaemon } from './daemon.ts';
import { saveDossiers } from './dossiers.ts';
import { describeError, WorldError } from './errors.ts';
import { FAULTS } from './faults/index.ts';
import { healFault } from './heal.ts';
import { startLoad } from './load/load.ts';
import { joinFaults, loadFaults } from './load-faults.ts';
import { shopUrl } from './manifests.ts';
import { assertInsideNamespace, stopSignalFromOutside } from './namespace.ts';
import { createProgress } from './progress.ts';
import { SHIPPED_RULES } from './prometheus.ts';
import { proveFault } from './prove.ts';
import type { RunAnswer, RunPlan } from './run-plan.ts';
import { createShopControl, shopOf } from './shop-control.ts';
import { startWorld, stopWorld } from './world.ts';

const USER_TIMEOUT_MS = 6_000;

/** The part of `npm run e2e` that lives inside the namespace: a world, a load, one fault. */
async function run(plan: RunPlan): Promise<void> {
  assertInsideNamespace(process.env);
  const signal = stopSignalFromOutside();
  const progress = createProgress(realClock, (text) => void process.stderr.write(text));
  const added = plan.faultsFolder === undefined ? [] : await loadFaults(plan.faultsFolder);
  const fault = joinFaults(FAULTS, added).find((it) => it.id === plan.fault);
  if (fault === undefined) throw new WorldError('bad-arguments', `there is no fault ${plan.fault}`);
  const world = await startWorld({
    parts: plan.parts,
    optionalParts: plan.optionalParts,
    folder: plan.folder,
    clock: realClock,
    progress,
    signal,
    ruleFiles: plan.alertRules ? SHIPPED_RULES : [],
    ...(fault.nodeProcessors === undefined ? {} : { nodeProcessors: fault.nodeProcessors }),
  });
  try {
    const shop = shopOf(fault.shop);
    await world.deploy(shop);
    progress.say('the shop is ready');
    const url = `${shopUrl('web')}/?customer={n}`;
    const load = startLoad({ url, ratePerS: fault.quietRatePerS, seed: plan.seed, timeoutMs: USER_TIMEOUT_MS });
    const stage = { world, load, shop: createShopControl(world, shop), seed: plan.seed };
    try {
      if (plan.prove) tell({ row: await proveFault(fault, stage) });
      else {
        const daemon = await startDaemon(world, { watchdog: plan.alertRules });
        const startedMs = realClock.now();
        try {
          tell({ row: await healFault(fault, stage, daemon) });
        } finally {
          const { dossiersFolder, seed } = plan;
          if (dossiersFolder) await saveDossiers(dossiersFolder, `${fault.id}-${seed}`, startedMs, daemon);
        }
      }
    } finally {
      await fault.off(stage);
      await load.stop();
    }
  } finally {
    await stopWorld(world);
  }
}

function tell(answer: RunAnswer): void {
  if (!process.send) throw new WorldError('no-namespace', 'nobody listens for the row: use `npm run e2e`');
  process.send(answer);
}

try {
  await run(JSON.parse(process.argv[2] ?? '') as RunPlan);
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
}
// Everything is stopped. Left to itself Node 24.21 turns round for ever in its own clean-up when a TLS listener went away under a connection.
process.exit();

import { dirname, join } from 'node:path';
import { realClock } from '../clock.ts';
import { type Daemon, startDaemon } from '../daemon.ts';
import { describeError } from '../errors.ts';
import { FAULTS } from '../faults/index.ts';
import { startLoad } from '../load/load.ts';
import { joinFaults, loadFaults } from '../load-faults.ts';
import { QUIET_SHOP, shopUrl } from '../manifests.ts';
import { assertInsideNamespace, stopSignalFromOutside } from '../namespace.ts';
import { createProgress } from '../progress.ts';
import { SHIPPED_RULES } from '../prometheus.ts';
import { createShopControl } from '../shop-control.ts';
import { startWorld, stopWorld, type World } from '../world.ts';
import { createCommands, QUIET_RATE_PER_S } from './commands.ts';
import type { PlaceOfPart, PlayAnswer, PlayLine, PlayPlan } from './plan.ts';

const USER_TIMEOUT_MS = 6_000;

/** The part of `npm run world` that lives inside the namespace. */
async function run(plan: PlayPlan): Promise<void> {
  assertInsideNamespace(process.env);
  const signal = stopSignalFromOutside();
  const progress = createProgress(realClock, (text) => void process.stderr.write(text));
  const added = plan.faultsFolder === undefined ? [] : await loadFaults(plan.faultsFolder);
  const faults = joinFaults(FAULTS, added);
  const { parts, optionalParts, folder, alertRules } = plan;
  const world = await startWorld({
    parts,
    optionalParts,
    folder,
    progress,
    signal,
    clock: realClock,
    ruleFiles: alertRules ? SHIPPED_RULES : [],
  });
  try {
    await world.deploy(QUIET_SHOP);
    const url = `${shopUrl('web')}/?customer={n}`;
    const load = startLoad({ url, ratePerS: QUIET_RATE_PER_S, seed: plan.seed, timeoutMs: USER_TIMEOUT_MS });
    const daemon = plan.hale ? await startDaemon(world, { watchdog: alertRules }) : undefined;
    const stage = { world, load, shop: createShopControl(world, QUIET_SHOP), seed: plan.seed };
    const commands = createCommands({ stage, faults, daemon });
    tell({ ready: placesOf(world, daemon, parts.helm) });
    // One line after the other: a fault is switched on in several steps.
    let busy = Promise.resolve();
    process.on('message', (message: Partial<PlayLine>) => {
      const { line } = message;
      if (line !== undefined) busy = busy.then(async () => tell({ answer: await commands.obey(line) }));
    });
    try {
      await aborted(world.signal);
      if (!signal.aborted) progress.say(describeError(world.signal.reason));
    } finally {
      await commands.end();
      await load.stop();
    }
  } finally {
    await stopWorld(world);
  }
}

function placesOf(world: World, daemon: Daemon | undefined, helm: string): PlaceOfPart[] {
  const kubeconfig = join(world.folder, 'control-plane', 'admin.kubeconfig');
  const { redis, elasticsearch, gitea } = world.optional;
  return [
    { name: 'Kubernetes', where: `KUBECONFIG=${kubeconfig} ${join(dirname(helm), 'kubectl')} get pods -A` },
    { name: 'shop', where: `curl '${shopUrl('web')}/?customer=1'` },
    { name: 'Prometheus', where: world.prometheus.url },
    { name: 'Alertmanager', where: world.alertmanager.url },
    { name: 'PostgreSQL', where: `psql ${world.postgres.adminUrl}` },
    ...(daemon ? [{ name: 'Hale', where: `${daemon.url}  with  Authorization: Bearer ${daemon.token}` }] : []),
    ...(redis ? [{ name: 'Redis', where: redis.url }] : []),
    ...(elasticsearch ? [{ name: 'Elasticsearch', where: elasticsearch.url }] : []),
    ...(gitea ? [{ name: 'Gitea', where: `${gitea.url}  user ${gitea.user}, token ${gitea.token}` }] : []),
  ];
}

function tell(answer: PlayAnswer): void {
  process.send?.(answer);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    // The channel to the prompt does not keep this process alive, and the world must not end for want of work.
    const alive = setInterval(() => undefined, 60_000);
    const end = () => {
      clearInterval(alive);
      done();
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
}

try {
  await run(JSON.parse(process.argv[2] ?? '') as PlayPlan);
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
}

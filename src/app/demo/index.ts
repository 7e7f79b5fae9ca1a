import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { renderWhy } from '../../cli/render-why.ts';
import { paint, type Screen } from '../../cli/text.ts';
import { parseConfig } from '../../config/load-config.ts';
import { HaleError } from '../../domain/errors.ts';
import { findProblem } from '../../redaction/extra-patterns.ts';
import { createAcceleratedClock } from '../../simulation/clock.ts';
import { FAULTS, type FaultId } from '../../simulation/faults/index.ts';
import type { RuleFile } from '../../simulation/prometheus/rules.ts';
import { createSimulation, type Simulation } from '../../simulation/simulation.ts';
import { createLogger } from '../../telemetry/log.ts';
import { type App, createApp } from '../create-app.ts';
import { BUILTIN_ALERTS } from '../version.ts';
import { narrate } from './narrate.ts';

export interface DemoTerminal {
  readonly screen: Screen;
  readonly out: (text: string) => void;
  readonly input: Readable & { readonly isTTY?: boolean };
  /** Resolves when the process is asked to end. */
  readonly ended: Promise<string>;
}

export interface DemoOptions {
  readonly fault: string;
  readonly speed: number;
  readonly prompt: boolean;
}

/** Nothing is read from outside: these credentials exist for this run on loopback only. */
const WEBHOOK_TOKEN_ENV = 'HALE_DEMO_WEBHOOK';
const QUIET_AFTER_MS = 20_000;

/** `hale demo`: the real daemon with its production adapters on the simulated world. Exit code 0 when the incident came to its end. */
export async function runDemo({ fault, speed, prompt }: DemoOptions, terminal: DemoTerminal): Promise<number> {
  const first = faultOf(fault);
  const say = (line = ''): void => terminal.out(`${line}\n`);
  const clock = createAcceleratedClock({ startMs: Date.now(), factor: speed });
  const folder = mkdtempSync(join(tmpdir(), 'hale-demo-'));
  const simulation = createSimulation({
    clock,
    seed: 7,
    rules: [parse(readFileSync(join(BUILTIN_ALERTS, 'hale-basic.yaml'), 'utf8')) as RuleFile],
    annotations: { 'hale.dev/enabled': 'true' },
    route: {
      groupBy: ['alertname', 'namespace'],
      groupWaitMs: 1_000,
      groupIntervalMs: 10_000,
      repeatIntervalMs: 300_000,
    },
  });
  let app: App | null = null;
  let stopping = false;
  const stop = markWhen(terminal.ended, () => {
    stopping = true;
  });
  try {
    say(paint(terminal.screen, 'strong', 'Hale on a simulated shop: web -> orders -> catalog -> PostgreSQL'));
    say(
      `Prometheus, Alertmanager and Kubernetes are simulated on loopback; the daemon is the real one. The clock runs ${speed} times faster.`,
    );
    await simulation.start();
    app = await startDaemon(simulation, folder, clock);
    say(`Alerts go to ${app.url}/api/v1/alerts. Look from another terminal: hale incidents --url ${app.url}`);
    const failed = app.failed.then((error) => {
      say(`the daemon no longer listens: ${error.message}`);
      return false;
    });
    const over = Promise.race([stop.then(() => false), failed]);
    const healed = await Promise.race([play(first, simulation, app, terminal, clock), over]);
    if (prompt && !stopping) await Promise.race([ask(simulation, app, terminal, clock), over]);
    return healed || stopping ? 0 : 1;
  } finally {
    say('stopping ...');
    await app?.stop(3_000);
    await simulation.stop();
    rmSync(folder, { recursive: true, force: true });
    say('stopped');
  }
}

async function markWhen(ended: Promise<string>, mark: () => void): Promise<void> {
  await ended;
  mark();
}

function faultOf(name: string): FaultId {
  const known = Object.keys(FAULTS).filter((id) => id !== 'quiet');
  if (known.includes(name)) return name as FaultId;
  throw new HaleError('usage-invalid', `no fault ${JSON.stringify(name)}; one of: ${known.join(', ')}`);
}

async function startDaemon(
  simulation: Simulation,
  folder: string,
  clock: ReturnType<typeof createAcceleratedClock>,
): Promise<App> {
  const token = crypto.randomUUID();
  writeFileSync(join(folder, 'kubeconfig'), simulation.kubeconfig());
  const text = `apiVersion: hale/v1
kind: Config
listen: { port: 0 }
intake:
  auth: [{ bearerEnv: ${WEBHOOK_TOKEN_ENV} }]
  watchdog: {}
prometheus: { url: '${simulation.prometheusUrl()}' }
alertmanager: { url: '${simulation.alertmanagerUrl()}' }
kubernetes: { kubeconfig: kubeconfig }
scope: { namespaces: [shop] }
autonomy: { namespaces: { shop: auto } }
catalogue:
  databases: [{ name: shop-postgres, matchers: { job: postgres }, usedBy: ['shop/orders', 'shop/catalog'] }]
store: { path: store.db }
`;
  const config = parseConfig(text, {
    file: 'demo.yaml',
    folder,
    env: { [WEBHOOK_TOKEN_ENV]: token },
    readFile: (file) => readFileSync(file, 'utf8'),
    patternProblem: findProblem,
  });
  const level = process.env.HALE_LOG_LEVEL ?? 'silent';
  const app = await createApp({ config, clock, log: createLogger({ level, redact: (line) => line }) });
  simulation.sendAlertsTo(`${app.url}/api/v1/alerts`, token);
  return app;
}

/** One fault from its beginning to the end of its incidents, told line by line. True when they ended as a fault of this kind should. */
async function play(
  fault: FaultId,
  simulation: Simulation,
  app: App,
  terminal: DemoTerminal,
  clock: ReturnType<typeof createAcceleratedClock>,
): Promise<boolean> {
  terminal.out(`\n${paint(terminal.screen, 'strong', `fault: ${fault}`)}: ${FAULTS[fault].description}\n`);
  const startedAt = clock.now();
  simulation.inject(fault);
  const ended = await narrate({ app, simulation, terminal, startedAt, now: () => clock.now() });
  simulation.clear();
  return ended;
}

const HELP = `Type a number or a word:
  1  pool-too-small   traffic grows until requests wait for connections; more replicas help
  2  database-limit   another client eats the database's connections; scaling would hurt, so Hale must refuse
  why                 the newest incident, gate by gate
  quit                stop (Ctrl-C does too)`;

async function ask(
  simulation: Simulation,
  app: App,
  terminal: DemoTerminal,
  clock: ReturnType<typeof createAcceleratedClock>,
): Promise<void> {
  const lines = createInterface({ input: terminal.input });
  terminal.out(`\n${HELP}\n> `);
  for await (const line of lines) {
    const word = line.trim();
    if (word === 'quit' || word === 'q' || word === 'exit') break;
    const fault = word === '1' ? 'pool-too-small' : word === '2' ? 'database-limit' : word;
    if (fault === 'pool-too-small' || fault === 'database-limit') {
      await untilQuiet(simulation, app, terminal, clock);
      await play(fault, simulation, app, terminal, clock);
    } else if (word === 'why') await why(app, terminal);
    else terminal.out(`${HELP}\n`);
    terminal.out('> ');
  }
  lines.close();
  // Without a terminal to ask, the world stays up until it is asked to end.
  if (terminal.input.isTTY !== true) await terminal.ended;
}

async function why(app: App, { screen, out }: DemoTerminal): Promise<void> {
  const { incidents } = await app.operations.listIncidents({ limit: 1, openOnly: false });
  const [newest] = incidents;
  if (newest === undefined) return;
  out(`${renderWhy(screen, await app.operations.whyIncident(newest.id)).join('\n')}\n`);
}

/** The next fault begins on a shop that is well again: alerts gone, connections given back. */
async function untilQuiet(
  simulation: Simulation,
  app: App,
  { out }: DemoTerminal,
  clock: ReturnType<typeof createAcceleratedClock>,
): Promise<void> {
  out('waiting for the shop to be quiet ...\n');
  const until = clock.now() + 15 * 60_000;
  let quietSince = clock.now();
  while (clock.now() < until) {
    const { incidents } = await app.operations.listIncidents({ limit: 50, openOnly: true });
    const busy = incidents.some(({ phase }) => phase !== 'resolved' && phase !== 'self-resolved');
    if (busy || simulation.users().p99Ms > 500) quietSince = clock.now();
    if (clock.now() - quietSince >= QUIET_AFTER_MS) return;
    await sleep(100);
  }
}

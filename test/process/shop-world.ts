import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { BUILTIN_ALERTS } from '../../src/app/version.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { IncidentDossier, IncidentList } from '../../src/operations/results.ts';
import type { RuleFile } from '../../src/simulation/prometheus/rules.ts';
import { createSimulation, type Simulation } from '../../src/simulation/simulation.ts';
import type { ChildMessage, ChildSettings } from './child-messages.ts';
import { type ClockSettings, createSharedClock, realNowMs } from './shared-clock.ts';

/** The simulated shop on an accelerated clock in this process, and Hale as a process of its own beside it. */
export interface ShopWorld {
  readonly simulation: Simulation;
  readonly folder: string;
  readonly configFile: string;
  /** What a process needs in its environment beside that of the test. */
  readonly env: Readonly<Record<string, string>>;
  now(): number;
  /** Starts Hale on the store of this world; the alerts go to it from now on. */
  startHale(dieAt?: ChildSettings['dieAt']): Promise<HaleProcess>;
  /** Writes to the scale subresource of any workload, dry runs left out. */
  scaleWrites(): number;
  /** Ends everything that was started here. */
  end(): Promise<void>;
}

export interface HaleProcess {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  /** Steps reached so far, in order. */
  readonly steps: readonly string[];
  /** Resolves when the process is gone. */
  readonly gone: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  incidents(): Promise<readonly Incident[]>;
  stop(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

const CHILD = fileURLToPath(new URL('daemon-child.ts', import.meta.url));
const TOKEN_ENV = 'HALE_TEST_WEBHOOK';
const TOKEN = 'token-of-this-test-only';
const LISTENS_WITHIN_MS = 60_000;

/** `more` is appended to the configuration. Half an hour of quiet history is there; the fault is not injected yet. */
export async function startShopWorld({
  factor,
  more = '',
  env = {},
}: {
  factor: number;
  more?: string;
  env?: Readonly<Record<string, string>>;
}): Promise<ShopWorld> {
  const clockSettings: ClockSettings = { virtualStartMs: Date.now(), realStartMs: realNowMs(), factor };
  const clock = createSharedClock(clockSettings);
  const folder = mkdtempSync(join(tmpdir(), 'hale-process-'));
  const configFile = join(folder, 'hale.yaml');
  const children = new Set<ChildProcess>();
  const childEnv = { ...env, [TOKEN_ENV]: TOKEN };
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
  await simulation.start();
  writeFileSync(join(folder, 'kubeconfig'), simulation.kubeconfig());
  writeFileSync(configFile, configText(simulation, more));

  async function startHale(dieAt: ChildSettings['dieAt'] = null): Promise<HaleProcess> {
    const settings: ChildSettings = { configFile, clock: clockSettings, dieAt };
    const child = fork(CHILD, [JSON.stringify(settings)], {
      env: { ...process.env, ...childEnv },
      execArgv: [],
    });
    children.add(child);
    const steps: string[] = [];
    const gone = new Promise<Awaited<HaleProcess['gone']>>((resolve) => {
      child.once('exit', (code, signal) => {
        children.delete(child);
        resolve({ code, signal });
      });
    });
    const url = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('Hale did not listen in time')), LISTENS_WITHIN_MS);
      child.on('message', (message: ChildMessage) => {
        if (message.kind === 'step') steps.push(message.step);
        else resolve(message.url);
      });
      void gone.then(({ code, signal }) => reject(new Error(`Hale ended (${code ?? signal}) before it listened`)));
      void gone.finally(() => clearTimeout(timer));
    });
    simulation.sendAlertsTo(`${url}/api/v1/alerts`, TOKEN);
    return {
      url,
      token: TOKEN,
      pid: child.pid ?? 0,
      steps,
      gone,
      incidents: () => readIncidents(url),
      async stop() {
        child.kill('SIGTERM');
        return gone;
      },
      async kill() {
        child.kill('SIGKILL');
        await gone;
      },
    };
  }

  return {
    simulation,
    folder,
    configFile,
    env: childEnv,
    now: () => clock.now(),
    startHale,
    scaleWrites: () => simulation.kubernetes.writes().filter(({ path }) => path.endsWith('/scale')).length,
    async end() {
      const exits = [...children].map((child) => new Promise((resolve) => child.once('exit', resolve)));
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(exits);
      await simulation.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configText(simulation: Simulation, more: string): string {
  return `apiVersion: hale/v1
kind: Config
listen: { port: 0 }
intake:
  auth: [{ bearerEnv: ${TOKEN_ENV} }]
  bodyTimeout: 1s
prometheus: { url: '${simulation.prometheusUrl()}', timeout: 2s }
alertmanager: { url: '${simulation.alertmanagerUrl()}' }
kubernetes: { kubeconfig: kubeconfig }
scope: { namespaces: [shop] }
autonomy: { namespaces: { shop: auto } }
catalogue:
  databases: [{ name: shop-postgres, matchers: { job: postgres }, usedBy: ['shop/orders', 'shop/catalog'] }]
store: { path: store.db }
${more}`;
}

/** Over the wire, as a person would ask. */
async function readIncidents(url: string): Promise<readonly Incident[]> {
  const list = IncidentList.parse(await askJson(`${url}/api/v1/incidents`));
  return Promise.all(
    list.incidents.map(
      async ({ id }) => IncidentDossier.parse(await askJson(`${url}/api/v1/incidents/${id}`)).incident,
    ),
  );
}

async function askJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

/** Looks until `read` gives something; fails after `withinMs` of real time, saying what was seen last. */
export async function until<T>(
  what: string,
  withinMs: number,
  read: () => Promise<T | undefined> | T | undefined,
  seen: () => unknown = () => '',
): Promise<T> {
  const end = performance.now() + withinMs;
  while (performance.now() < end) {
    const found = await read();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`${what}: not within ${withinMs} ms; last seen: ${JSON.stringify(await seen())}`);
}

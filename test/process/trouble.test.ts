import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { BUILTIN_POLICIES } from '../../src/app/version.ts';
import { type HaleProcess, type ShopWorld, startShopWorld, until } from './shop-world.ts';

/* What Hale reads and writes through answers wrong, or not at all, while an incident runs. The process is the one of the first start throughout. */
const FACTOR = 40;
const WITHIN_MS = 60_000;
const TEST_TIMEOUT_MS = 120_000;

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function start(options: { more?: string; env?: Record<string, string> } = {}) {
  const world = await startShopWorld({ factor: FACTOR, ...options });
  opened.push(() => world.end());
  const hale = await world.startHale();
  return { world, hale };
}

/** The incident that leads the cause, once it is in one of these phases; those that follow it have no plan. */
async function incidentIn(hale: HaleProcess, phases: readonly string[]) {
  return until(
    `an incident that is ${phases.join(' or ')}`,
    WITHIN_MS,
    async () => (await hale.incidents()).find(({ phase, plans }) => plans.length > 0 && phases.includes(phase)),
    async () => (await hale.incidents()).map(({ title, phase, outcome }) => ({ title, phase, outcome })),
  );
}

/** Until the simulated server was asked this many times more. */
async function asked(world: ShopWorld, times: number): Promise<void> {
  const { kubernetes } = world.simulation;
  const from = kubernetes.requests().length;
  await until('requests to the API server', WITHIN_MS, () =>
    kubernetes.requests().length >= from + times ? true : undefined,
  );
}

describe('while an incident runs', () => {
  it(
    'Prometheus fails, hangs and answers in part; Kubernetes drops watches, forgets, throttles and is faster: healed with one write',
    async () => {
      const { world, hale } = await start();
      const { prometheus, kubernetes } = world.simulation;

      prometheus.status500 = true;
      world.simulation.inject('pool-too-small');
      await until('an incident', WITHIN_MS, async () =>
        (await hale.incidents()).find(({ phase }) => phase === 'diagnosing'),
      );
      kubernetes.dropWatches('gone');
      kubernetes.compact();
      prometheus.status500 = false;
      prometheus.hang = true;
      await new Promise((resolve) => setTimeout(resolve, 500));
      prometheus.hang = false;
      prometheus.partialWarnings = true;
      kubernetes.behaviour.status429 = true;
      kubernetes.dropWatches('cut');
      await asked(world, 2);
      kubernetes.behaviour.status429 = false;
      prometheus.partialWarnings = false;
      kubernetes.behaviour.conflicts = 1;
      const incident = await incidentIn(hale, ['resolved', 'escalated', 'watching', 'closed']);

      expect(incident).toMatchObject({ phase: 'resolved' });
      expect(incident.plans.at(-1)?.status).toBe('verified');
      expect(world.scaleWrites()).toBe(1);
      expect(kubernetes.behaviour.conflicts).toBe(0);
      // No signal was lost: what fired on either workload has its incident.
      const subjects = (await hale.incidents()).map(({ subject }) => subject?.name);
      expect(subjects).toEqual(expect.arrayContaining(['web', 'orders']));
      expect(await hale.stop()).toEqual({ code: 0, signal: null });
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'Kubernetes refuses the write: nothing is in doubt, nothing is tried again, and a person is told why',
    async () => {
      const { receiver, told } = await startReceiver();
      const { world, hale } = await start({ more: NOTIFY, env: { [RECEIVER_ENV]: receiver } });
      world.simulation.kubernetes.behaviour.deny = ['patch deployments/scale', 'update deployments/scale'];
      world.simulation.inject('pool-too-small');

      const incident = await incidentIn(hale, ['escalated']);
      await until(
        'a page',
        WITHIN_MS,
        () => told.find(({ severity }) => severity === 'page'),
        () => told,
      );

      expect(incident.plans.map(({ status }) => status)).toEqual(['failed']);
      expect(world.scaleWrites()).toBe(0);
      const refused = world.simulation.kubernetes
        .requests()
        .filter(({ path, status }) => path.endsWith('/scale') && status === 403);
      expect(refused).toHaveLength(1);
      expect(await hale.stop()).toEqual({ code: 0, signal: null });
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'Prometheus is gone while the change is verified: not one further write, and a person is told',
    async () => {
      const { receiver, told } = await startReceiver();
      const policies = hastyPolicies();
      const { world, hale } = await start({
        more: `${NOTIFY}policies: { builtin: false, directories: ['${policies}'] }\n`,
        env: { [RECEIVER_ENV]: receiver },
      });
      world.simulation.inject('pool-too-small');
      await incidentIn(hale, ['verifying']);

      world.simulation.prometheus.down = true;
      const incident = await incidentIn(hale, ['resolved', 'rolling-back', 'escalated']);
      const page = await until(
        'a page',
        WITHIN_MS,
        // Whoever waits for orders may have an incident and a page of its own.
        () => told.find(({ severity, incidentId }) => severity === 'page' && incidentId === incident.id),
        () => told,
      );

      expect(incident).toMatchObject({ phase: 'escalated' });
      expect(incident.plans.map(({ status }) => status)).toEqual(['not-verified']);
      expect(page.title).toContain('orders');
      expect(world.scaleWrites()).toBe(1);
      expect(await hale.stop()).toEqual({ code: 0, signal: null });
      expect(world.scaleWrites()).toBe(1);
    },
    TEST_TIMEOUT_MS,
  );
});

const RECEIVER_ENV = 'HALE_TEST_RECEIVER';
const NOTIFY = `notify: { first: { kind: webhook, urlEnv: ${RECEIVER_ENV} } }\n`;

interface Told {
  readonly severity: string;
  readonly kind: string;
  readonly title: string;
  readonly incidentId: string | null;
}

/** Somebody's webhook on loopback. */
async function startReceiver(): Promise<{ receiver: string; told: readonly Told[] }> {
  const told: Told[] = [];
  const server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      told.push(JSON.parse(text) as Told);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { receiver: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, told };
}

/** The shipped policy, judged after three minutes instead of ten. */
function hastyPolicies(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hale-policies-'));
  opened.push(async () => rmSync(folder, { recursive: true, force: true }));
  const directory = join(folder, 'policies');
  mkdirSync(directory);
  const shipped = readFileSync(join(BUILTIN_POLICIES, 'scale-out-when-pools-are-full.yaml'), 'utf8');
  const hasty = shipped.replace('deadline: 10m', 'deadline: 3m');
  expect(hasty).not.toBe(shipped);
  writeFileSync(join(directory, 'policy.yaml'), hasty);
  return directory;
}

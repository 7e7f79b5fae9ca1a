import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../clock-for-tests.ts';
import { Container } from './container.ts';
import type { ContainerSpec } from './pod.ts';
import type { ContainerRuntime, RunningProcess } from './runtime.ts';

let clock: ManualClock;
let logFolder: string;
let events: string[];
let processes: FakeProcess[];
/** ConfigMaps that exist at the moment. */
let configMaps: Record<string, Record<string, string>>;

interface FakeProcess extends RunningProcess {
  outOfMemory: boolean;
  exit(code: number): void;
  readonly env: Readonly<Record<string, string>>;
  readonly signals: string[];
}

beforeEach(async () => {
  clock = createManualClock(Date.UTC(2026, 0, 1));
  logFolder = await mkdtemp(join(tmpdir(), 'container-test-'));
  events = [];
  processes = [];
  configMaps = {};
});

afterEach(() => rm(logFolder, { recursive: true }));

const runtime: ContainerRuntime = {
  forgetPod: () => undefined,
  entrypoint: () => [],
  imageProblem: (image) => (image === 'absent' ? 'not found' : undefined),
  async start({ command, env }) {
    if (command[0] === '/no/such') throw new Error('spawn /no/such ENOENT');
    const end = Promise.withResolvers<number>();
    const signals: string[] = [];
    processes.push({
      outOfMemory: false,
      wasOutOfMemory() {
        return this.outOfMemory;
      },
      figures: () => undefined,
      inside: (words) => words,
      id: `process://${processes.length}`,
      exited: end.promise,
      env,
      signals,
      exit: end.resolve,
      signal(name) {
        signals.push(name);
        if (name === 'SIGKILL') end.resolve(137);
      },
    });
    return processes.at(-1) as FakeProcess;
  },
};

function containerWith(spec: Partial<ContainerSpec>, restartPolicy: 'Always' | 'OnFailure' | 'Never' = 'Always') {
  const full: ContainerSpec = { name: 'c', image: 'present', command: ['serve'], ...spec };
  return new Container(full, {
    pod: { metadata: { name: 'p', namespace: 'n', uid: 'u' }, spec: { containers: [full] } },
    place: { podIp: '127.0.0.1', hostIp: '127.0.0.1' },
    restartPolicy,
    clock,
    runtime,
    sources: { configMap: async (name) => configMaps[name], secret: async () => undefined },
    events: { record: (_pod, _type, reason) => void events.push(reason) },
    backOff: { baseMs: 10_000, maxMs: 300_000, resetAfterMs: 600_000 },
    baseEnv: {},
    logFolder,
    mountsOf: async () => [],
    onChange: () => undefined,
  });
}

/** File operations of the container are real: waits for what they lead to, not for a time. */
async function untilProcesses(count: number): Promise<FakeProcess> {
  while (processes.length < count) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(0);
  return processes[count - 1] as FakeProcess;
}

test('a crash is restarted at once, the next one after the back-off, and each is counted', async () => {
  const container = containerWith({});
  const ended = container.run();

  (await untilProcesses(1)).exit(1);
  (await untilProcesses(2)).exit(1);
  await clock.advance(9_999);
  const waiting = container.status();
  await clock.advance(1);
  await untilProcesses(3);
  const running = container.status();

  expect(waiting.state.waiting?.reason).toBe('CrashLoopBackOff');
  expect(waiting.lastState.terminated?.exitCode).toBe(1);
  expect(running.state.running).toBeDefined();
  expect(running.restartCount).toBe(2);
  expect(events).toContain('BackOff');
  await container.end(0);
  expect(await ended).toBe(137);
});

test.each([
  { policy: 'Never', exitCode: 3 },
  { policy: 'OnFailure', exitCode: 0 },
] as const)('$policy does not restart after exit code $exitCode', async ({ policy, exitCode }) => {
  const container = containerWith({}, policy);
  const ended = container.run();

  (await untilProcesses(1)).exit(exitCode);

  expect(await ended).toBe(exitCode);
  expect(container.status().state.terminated?.exitCode).toBe(exitCode);
  expect(processes).toHaveLength(1);
});

test('waits visibly for a ConfigMap and starts when it is there', async () => {
  const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'A' } } }];
  const container = containerWith({ env });
  const ended = container.run();
  await clock.advance(0);
  const before = container.status().state.waiting;

  configMaps['settings'] = { A: '1' };
  await clock.advance(2_000);
  const process = await untilProcesses(1);

  expect(before).toEqual({ reason: 'CreateContainerConfigError', message: 'configmap "settings" not found' });
  expect(process.env).toEqual({ A: '1' });
  await container.end(0);
  await ended;
});

test('an image that is not there keeps it waiting', async () => {
  const container = containerWith({ image: 'absent' });
  const ended = container.run();
  await clock.advance(0);
  const first = container.status().state.waiting?.reason;

  await clock.advance(10_000);

  expect(first).toBe('ErrImagePull');
  expect(container.status().state.waiting?.reason).toBe('ImagePullBackOff');
  await container.end(0);
  expect(await ended).toBeUndefined();
});

test('a program that can not be started is an end with exit code 128', async () => {
  const container = containerWith({ command: ['/no/such'] }, 'Never');

  const exitCode = await container.run();

  expect(exitCode).toBe(128);
  expect(container.status().state.terminated?.reason).toBe('StartError');
});

test('the end is SIGTERM, then SIGKILL when the grace is used up', async () => {
  const container = containerWith({});
  const ended = container.run();
  const process = await untilProcesses(1);

  const ending = container.end(5_000);
  await clock.advance(4_999);
  const before = [...process.signals];
  await clock.advance(1);
  await ending;
  await ended;

  expect(before).toEqual(['SIGTERM']);
  expect(process.signals).toEqual(['SIGTERM', 'SIGKILL']);
  expect(processes).toHaveLength(1);
});

test('a kill by the kernel for memory is OOMKilled, any other SIGKILL is an error', async () => {
  const container = containerWith({});
  const ended = container.run();
  const first = await untilProcesses(1);

  first.outOfMemory = true;
  first.exit(137);
  (await untilProcesses(2)).exit(137);
  await clock.advance(0);
  const lastState = container.status().lastState.terminated;
  await container.end(0);
  await ended;

  expect(container.oomKills).toBe(1);
  expect(lastState).toMatchObject({ exitCode: 137, reason: 'Error' });
});

test('while it waits for its restart, both logs are of the run that ended; then the previous one is', async () => {
  const container = containerWith({});
  expect(container.logFile(false)).toBeUndefined();
  const ended = container.run();
  (await untilProcesses(1)).exit(1);
  (await untilProcesses(2)).exit(1);
  await clock.advance(0);
  const waiting = [container.logFile(true), container.logFile(false)];
  await clock.advance(10_000);
  await untilProcesses(3);
  const running = [container.logFile(true), container.logFile(false)];

  expect(waiting).toEqual([join(logFolder, '1.log'), join(logFolder, '1.log')]);
  expect(running).toEqual([join(logFolder, '1.log'), join(logFolder, '2.log')]);
  await container.end(0);
  await ended;
});

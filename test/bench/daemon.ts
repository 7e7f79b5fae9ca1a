import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/adapters/timers/system-clock.ts';
import { createKubernetesServer } from '../../src/simulation/kubernetes-server.ts';
import { createRandom } from '../../src/simulation/random.ts';
import { cpuSeconds, statusKb } from './process-figures.ts';

/** A daemon as a process of its own, watching a simulated Kubernetes with `workloads` Deployments of three pods. */
export interface DaemonProcess {
  readonly url: string;
  readonly token: string;
  readonly startToReadyMs: number;
  /** Names of the workloads, with one pod each that an alert may name. */
  readonly workloads: readonly { readonly name: string; readonly pod: string }[];
  rssMb(): number;
  /** CPU seconds that the process has used so far. */
  cpuS(): number;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
export const BENCH_NAMESPACE = 'bench';

/** `entry` is `src/main.ts` or the compiled `dist/src/main.js`; `sections` are further ones of its configuration. */
export async function startDaemon(
  entry: string,
  workloads: number,
  seed: number,
  sections = '',
): Promise<DaemonProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'hale-bench-'));
  const kubernetes = createKubernetesServer({ clock: systemClock, random: createRandom(seed), podStartMs: 1 });
  for (let index = 0; index < workloads; index += 1)
    kubernetes.addDeployment({ namespace: BENCH_NAMESPACE, name: `workload-${index}`, replicas: 3 });
  await kubernetes.start();
  const prometheus = await startEmptyPrometheus();
  writeFileSync(join(folder, 'kubeconfig'), kubernetes.kubeconfig());
  writeFileSync(
    join(folder, 'hale.yaml'),
    `apiVersion: hale/v1
kind: Config
listen: { port: 0 }
intake:
  auth: [{ bearerEnv: HALE_BENCH_TOKEN }]
prometheus: { url: '${prometheus.url}' }
kubernetes: { kubeconfig: '${join(folder, 'kubeconfig')}' }
scope: { namespaces: [${BENCH_NAMESPACE}] }
store: { path: '${join(folder, 'store.db')}' }
${sections}
`,
  );
  const token = 'bench-token-of-this-run-only';
  const startedAt = performance.now();
  const child = spawn(process.execPath, [entry, 'run', '--config', join(folder, 'hale.yaml')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, HALE_BENCH_TOKEN: token },
  });
  const url = await urlOf(child);
  await untilReady(url);
  const startToReadyMs = performance.now() - startedAt;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  return {
    url,
    token,
    startToReadyMs,
    workloads: Array.from({ length: workloads }, (_, index) => {
      const name = `workload-${index}`;
      return { name, pod: kubernetes.readyPods(BENCH_NAMESPACE, name)[0]?.metadata.name ?? '' };
    }),
    rssMb: () => statusKb(child.pid, 'VmRSS') / 1024,
    cpuS: () => cpuSeconds(child.pid),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await kubernetes.stop();
      await prometheus.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Answers every query with an empty vector: what is measured is the intake, not the reading. */
async function startEmptyPrometheus(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end('{"status":"success","data":{"resultType":"vector","result":[],"groups":[]}}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The daemon logs its address as JSON when it listens. */
async function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(
      () => reject(new Error(`the daemon did not listen within ${READY_WITHIN_MS} ms:\n${text}`)),
      READY_WITHIN_MS,
    );
    child.once('exit', (code) => reject(new Error(`the daemon ended with code ${code}:\n${text}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /"url":"(http[^"]+)"/.exec(text)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      text = '';
      child.stdout?.removeAllListeners('data');
      child.stdout?.resume();
      resolve(found);
    });
  });
}

async function untilReady(url: string): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS;
  while (performance.now() < until) {
    const ready = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`the daemon was not ready within ${READY_WITHIN_MS} ms`);
}

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

interface PeerAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Alerts per second that a real Alertmanager takes on its own API; null when it is not installed. It keeps them in memory only. */
export async function measureAlertmanager(
  newAlerts: () => readonly PeerAlert[],
  forMs: number,
  progress: (text: string) => void,
): Promise<number | null> {
  const folder = mkdtempSync(join(tmpdir(), 'hale-bench-alertmanager-'));
  const config = join(folder, 'alertmanager.yml');
  writeFileSync(config, 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n');
  const port = await freePort();
  const child = spawn(
    'prometheus-alertmanager',
    [
      `--config.file=${config}`,
      `--storage.path=${folder}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  );
  try {
    if (!(await isReady(child, port))) {
      progress('Alertmanager is not installed (apt-get install prometheus-alertmanager): not compared');
      return null;
    }
    progress(`Alertmanager, ${forMs / 1000} s`);
    return await post(port, newAlerts, forMs);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function post(port: number, newAlerts: () => readonly PeerAlert[], forMs: number): Promise<number> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 32, pipelining: 1 });
  const end = performance.now() + forMs;
  let accepted = 0;
  let next = 0;
  async function one(): Promise<void> {
    while (performance.now() < end) {
      const alerts = newAlerts();
      // Alertmanager knows an alert by its labels.
      const text = JSON.stringify(
        alerts.map(({ labels, annotations }) => ({
          labels: { ...labels, occurrence: String((next += 1)) },
          annotations,
        })),
      );
      const response = await pool.request({
        path: '/api/v2/alerts',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: text,
      });
      await response.body.dump();
      if (response.statusCode === 200) accepted += alerts.length;
    }
  }
  await Promise.all(Array.from({ length: 32 }, one));
  await pool.destroy();
  return accepted / (forMs / 1000);
}

async function isReady(child: ChildProcess, port: number): Promise<boolean> {
  const failed = new AbortController();
  child.once('error', () => failed.abort());
  for (let tries = 0; tries < 100 && !failed.signal.aborted && child.exitCode === null; tries += 1) {
    const ready = await fetch(`http://127.0.0.1:${port}/-/ready`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return true;
    await sleep(100);
  }
  return false;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

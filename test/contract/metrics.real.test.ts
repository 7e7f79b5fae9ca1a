import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPrometheus } from '../../src/adapters/prometheus/index.ts';
import { realClock } from '../world/clock.ts';
import { ServerProcess } from '../world/server-process.ts';
import { findRealParts, freePorts } from './cluster-parts.ts';
import { ALERT, describeMetrics, GROUP, type MetricsWorld, RECORDING } from './metrics-suite.ts';

const TITLE = 'a real Prometheus';
const parts = await findRealParts(TITLE, ['prometheus']);

async function startRealPrometheus(): Promise<MetricsWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'hale-metrics-'));
  const [port = 0] = await freePorts(1);
  await writeFile(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: GROUP, rules: [RECORDING, ALERT] }] }));
  const config = {
    global: { scrape_interval: '1s' },
    rule_files: [join(folder, 'rules.yml')],
    scrape_configs: [
      {
        job_name: 'prometheus',
        metrics_path: '/metrics-of/team/metrics',
        static_configs: [{ targets: [`127.0.0.1:${port}`] }],
      },
    ],
  };
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.route-prefix=/metrics-of/team',
  ];
  const command = parts?.['prometheus'] ?? '';
  const server = ServerProcess.start({ name: 'prometheus', command, args, logFolder: folder }, realClock);
  const url = `http://127.0.0.1:${port}/metrics-of/team`;
  const probe = createPrometheus({ url });
  const hasSamples = async (): Promise<boolean> =>
    (await probe.instant('count_over_time(up[1m]) >= 2', Date.now())).series.length > 0;
  const stop = async (): Promise<void> => {
    probe.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await server.ready(hasSamples, 30_000, new AbortController().signal);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, now: () => Date.now(), stop };
}

describeMetrics(TITLE, startRealPrometheus, parts === null);

describe.skipIf(parts === null)(`${TITLE}, beyond the contract`, () => {
  it('remarks on a doubtful query beside the answer', async () => {
    const world = await startRealPrometheus();
    const reader = createPrometheus({ url: world.url });
    try {
      const answer = await reader.instant('rate(up[1m])', world.now());

      expect(answer.series).toHaveLength(1);
      expect(answer.warnings.join()).toContain('might not be a counter');
    } finally {
      reader.close();
      await world.stop();
    }
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { HaleError } from '../../src/domain/errors.ts';
import { type OpenLogs, openLogs } from '../../src/log-intake/testing/open-logs.ts';
import { realClock } from '../world/clock.ts';
import { rsyslogConfig } from '../world/optional/rsyslog.ts';
import { findPart } from '../world/parts.ts';
import { OPTIONAL_PARTS } from '../world/parts-list.ts';
import { ServerProcess } from '../world/server-process.ts';

const rsyslogd = await findPart(OPTIONAL_PARTS.rsyslog.rsyslogd, {
  env: process.env,
  progress: { say: () => undefined },
});
if (rsyslogd === undefined) {
  if (process.env['HALE_REQUIRE_PARTS'] === '1')
    throw new Error(`rsyslog is missing: ${OPTIONAL_PARTS.rsyslog.rsyslogd.install}`);
  console.warn(`not run: ${OPTIONAL_PARTS.rsyslog.rsyslogd.install}`);
}

const LINES = 500;
const DELIVERED_WITHIN_MS = 60_000;

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

/** Each tenth line is an error in JSON, as a service writes it. */
function logText(): string {
  return Array.from({ length: LINES }, (_, at) =>
    at % 10 === 0
      ? JSON.stringify({
          '@timestamp': new Date().toISOString(),
          level: 'error',
          message: `could not place order ${at}`,
          http: { response: { status_code: 500 }, route: '/orders/:id' },
          service: { name: 'orders', version: '1.4.2' },
          error: { type: 'TypeError' },
        })
      : `order ${at} was placed`,
  )
    .map((line) => `${line}\n`)
    .join('');
}

describe.skipIf(rsyslogd === undefined)('rsyslog with omelasticsearch', { timeout: 120_000 }, () => {
  it('delivers what a pod wrote, each line once, also what was refused at first', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hale-rsyslog-'));
    stops.push(() => rmSync(folder, { recursive: true, force: true }));
    let refusals = 3;
    const logs = await openLogs({
      storeOf: (store) => ({
        ...store,
        async commit(change) {
          refusals -= 1;
          if (refusals >= 0) throw new HaleError('overloaded', 'as if too much were waiting, at first');
          return store.commit(change);
        },
      }),
    });
    stops.push(() => logs.close());
    const podsFolder = join(folder, 'pods');
    const pod = join(podsFolder, 'shop_orders-7c9d8b5f6d-x2k4q_0a1b', 'orders');
    mkdirSync(pod, { recursive: true });
    writeFileSync(join(pod, '0.log'), logText());
    const config = join(folder, 'rsyslog.conf');
    writeFileSync(config, rsyslogConfig({ folder, podsFolder, target: { url: logs.url } }));
    const args = ['-n', '-f', config, '-i', join(folder, 'pid')];
    const command = rsyslogd ?? '';

    const shipper = ServerProcess.start({ name: 'rsyslog', command, args, logFolder: folder }, realClock);
    stops.push(() => shipper.stop());
    await until(async () => (await logs.total()) >= LINES, logs);
    // What would come twice has the time to.
    await new Promise((resolve) => setTimeout(resolve, 1_000));

    expect(await logs.byTemplate()).toEqual({
      'order <*> was placed': LINES * 0.9,
      'could not place order <*>': LINES * 0.1,
    });
    const counts = await logs.store.logs.counts({ since: 0, until: Number.MAX_SAFE_INTEGER, limit: 100 });
    expect(counts.find(({ labels }) => labels.status === 500)?.labels).toEqual({
      namespace: 'shop',
      service: 'orders',
      release: '1.4.2',
      route: '/orders/*',
      status: 500,
      level: 'error',
      exception: 'TypeError',
    });
    expect(counts.find(({ labels }) => labels.status === null)?.labels).toMatchObject({
      namespace: 'shop',
      service: 'orders',
      release: null,
    });
  });
});

async function until(isSo: () => Promise<boolean>, logs: OpenLogs): Promise<void> {
  const deadline = Date.now() + DELIVERED_WITHIN_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`delivered ${await logs.total()} lines of ${LINES}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

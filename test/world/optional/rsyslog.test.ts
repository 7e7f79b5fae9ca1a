import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findPart } from '../parts.ts';
import { OPTIONAL_PARTS } from '../parts-list.ts';
import { rsyslogConfig } from './rsyslog.ts';

const folder = mkdtempSync(join(tmpdir(), 'rsyslog-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const rsyslogd = await findPart(OPTIONAL_PARTS.rsyslog.rsyslogd, {
  env: process.env,
  progress: { say: () => undefined },
});
if (rsyslogd === undefined) console.warn('skipped: the configuration of rsyslog is not checked: rsyslogd is missing');

test.skipIf(rsyslogd === undefined)('rsyslog takes the configuration', () => {
  const podsFolder = join(folder, 'pods');
  mkdirSync(podsFolder);
  const file = join(folder, 'rsyslog.conf');
  writeFileSync(
    file,
    rsyslogConfig({
      folder,
      podsFolder,
      target: { url: 'http://10.244.0.1:9200', basic: { username: 'shipper', password: 'secret' } },
    }),
  );

  expect(() => execFileSync(rsyslogd ?? '', ['-N1', '-f', file], { stdio: 'pipe' })).not.toThrow();
});

test('the endpoint is the one that was given', () => {
  const config = rsyslogConfig({ folder, podsFolder: '/pods', target: { url: 'https://logs.example:9243' } });

  expect(config).toContain('server="logs.example" serverport="9243" usehttps="on"');
  expect(config).not.toContain('uid=');
});

import { once } from 'node:events';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Certificate, selfSigned } from '../../certificates.ts';
import { realClock } from '../../clock.ts';
import { NodeServer, NoLog } from './node-server.ts';

const life = { notBefore: new Date('2026-01-01'), notAfter: new Date('2046-01-01') };
const serving = selfSigned({ commonName: 'node', ipAddresses: ['127.0.0.1'], ...life });
const apiServer = selfSigned({ commonName: 'apiserver', ...life });
const stranger = selfSigned({ commonName: 'apiserver', ...life });

let folder: string;
let file: string;
let port: number;
let readOnlyPort: number;
let server: NodeServer;
let isOpen = false;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'node-server-'));
  file = join(folder, '0.log');
  await appendFile(file, 'one\ntwo\n');
  port = await freePort();
  readOnlyPort = await freePort();
  server = new NodeServer({
    address: '127.0.0.1',
    port,
    readOnlyPort,
    serving,
    clientCertificate: apiServer.certificate,
    clock: realClock,
    logOf: (namespace, pod, container, previous) => {
      if (previous) throw new NoLog(400, `previous terminated container "${container}" in pod "${pod}" not found`);
      if (namespace !== 'n') throw new NoLog(404, 'no such pod');
      return file;
    },
    isOpen: () => isOpen,
    marksOf: () => [],
    pages: { '/metrics': () => 'up 1\n' },
  });
  await server.start();
});

afterAll(async () => {
  server.stop();
  await rm(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return address.port;
}

function ask(path: string, as?: Certificate, onText: (text: string) => void = () => undefined) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const identity = as ? { cert: as.certificate, key: as.key } : {};
    const outgoing = request(`https://127.0.0.1:${port}${path}`, {
      agent: false,
      ca: serving.certificate,
      ...identity,
    });
    outgoing.once('error', reject);
    outgoing.once('response', (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        onText(text);
      });
      answer.once('error', reject);
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    outgoing.end();
  });
}

test.each([
  ['/containerLogs/n/p/c', 200, 'one\ntwo\n'],
  ['/containerLogs/n/p/c?tailLines=1', 200, 'two\n'],
  ['/containerLogs/n/p/c?previous=true', 400, 'previous terminated container "c" in pod "p" not found'],
  ['/containerLogs/other/p/c', 404, 'no such pod'],
  ['/exec/n/p/c', 404, 'not found'],
])('%s', async (path, status, text) => {
  expect(await ask(path, apiServer)).toEqual({ status, text });
});

test('nobody but the API server reads logs', async () => {
  await expect(ask('/containerLogs/n/p/c')).rejects.toBeInstanceOf(Error);
  await expect(ask('/containerLogs/n/p/c', stranger)).rejects.toBeInstanceOf(Error);
});

test('follows until the container has ended', async () => {
  isOpen = true;

  const { text } = await ask('/containerLogs/n/p/c?follow=true&tailLines=1', apiServer, (soFar) => {
    if (soFar === 'two\n') void appendFile(file, 'three\n');
    if (soFar.endsWith('three\n')) isOpen = false;
  });

  expect(text).toBe('two\nthree\n');
});

test('figures are for all, and only figures', async () => {
  const page = await fetch(`http://127.0.0.1:${readOnlyPort}/metrics`);
  const log = await fetch(`http://127.0.0.1:${readOnlyPort}/containerLogs/n/p/c`);

  expect(await page.text()).toBe('up 1\n');
  expect(log.status).toBe(404);
});

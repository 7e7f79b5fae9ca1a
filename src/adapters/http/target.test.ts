import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../ports/clock.ts';
import { HttpFailure } from './failure.ts';
import { createHttpTarget, type HttpTarget, type TlsFiles } from './target.ts';

const OPENSSL = 'openssl';
const hasOpenssl = spawnSync(OPENSSL, ['version']).status === 0;

/** Certificates are made for the run: one kept in the repository would end some day. */
describe.skipIf(!hasOpenssl)('a target over TLS', () => {
  let folder: string;
  let server: Server;
  let clients: (string | undefined)[] = [];
  const targets: HttpTarget[] = [];
  const file = (name: string): string => join(folder, name);

  function makeCertificate(name: string): void {
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:prometheus.example,IP:127.0.0.1'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const files = ['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)];
    execFileSync(OPENSSL, ['req', '-x509', ...key, ...subject, ...files], { stdio: 'ignore' });
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hale-tls-'));
    for (const name of ['server', 'client', 'renewed', 'stranger']) makeCertificate(name);
    const [key, cert, client, renewed] = await Promise.all(
      ['server.key', 'server.crt', 'client.crt', 'renewed.crt'].map((name) => readFile(file(name))),
    );
    const options = { key, cert, ca: [client ?? '', renewed ?? ''], requestCert: true, rejectUnauthorized: false };
    server = createServer(options, (request, response) => {
      const socket = request.socket as TLSSocket;
      clients.push(socket.authorized ? String(socket.getPeerCertificate().subject.CN) : undefined);
      response.end('{}');
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
  });
  afterEach(() => {
    clients = [];
    for (const target of targets.splice(0)) target.close();
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  function connect(tls: TlsFiles | undefined, ioClock?: Clock): HttpTarget {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const target = createHttpTarget('prometheus.url', { url, tls, timeoutMs: 2_000, maxBytes: 1_000, ioClock });
    targets.push(target);
    return target;
  }

  it('trusts the named authority, and shows its own certificate', async () => {
    const tls = { caFile: file('server.crt'), certFile: file('client.crt'), keyFile: file('client.key') };

    const answer = await connect(tls).send({ method: 'GET', path: '/' });

    expect(answer.status).toBe(200);
    expect(clients).toEqual(['client']);
  });

  it.each([
    ['an authority that is not its own', () => ({ caFile: file('stranger.crt') })],
    ['the authorities of the system alone', () => undefined],
    ['another name than it has', () => ({ caFile: file('server.crt'), serverName: 'other.example' })],
  ])('does not speak with a server of %s, and nothing was sent', async (_what, tls) => {
    const failure: unknown = await connect(tls())
      .send({ method: 'GET', path: '/' })
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(HttpFailure);
    expect(failure).toMatchObject({ kind: 'connection', sent: false, concernsCertificates: true });
    expect(clients).toEqual([]);
  });

  it('checks the name that it is told instead of the address', async () => {
    const tls = { caFile: file('server.crt'), serverName: 'prometheus.example' };

    expect((await connect(tls).send({ method: 'GET', path: '/' })).status).toBe(200);
  });

  it('uses a renewed certificate within a minute, without a restart', async () => {
    let now = 0;
    const ioClock: Clock = { now: () => now, setTimer: () => () => {} };
    const files = { caFile: file('server.crt'), certFile: file('used.crt'), keyFile: file('used.key') };
    const install = (name: string): void => {
      for (const end of ['crt', 'key']) execFileSync('cp', [file(`${name}.${end}`), file(`used.${end}`)]);
    };
    install('client');
    const target = connect(files, ioClock);
    await target.send({ method: 'GET', path: '/' });
    install('renewed');
    await target.send({ method: 'GET', path: '/' });

    now = 60_000;
    await target.send({ method: 'GET', path: '/' });

    expect(clients).toEqual(['client', 'client', 'renewed']);
  });

  it('names a file that is not there', async () => {
    const missing = connect({ caFile: file('none.crt') }).send({ method: 'GET', path: '/' });

    await expect(missing).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('none.crt'),
    });
  });
});

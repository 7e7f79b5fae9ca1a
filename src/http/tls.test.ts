import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyOf } from '../intake/testing/intake.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts';
import { alertsOptions, NOTHING } from './testing/alerts.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl)
  process.stderr.write(
    'skipped: TLS of the HTTP door needs openssl to make its certificates (apt-get install openssl)\n',
  );

/** One authority that signs the server and a client, and a stranger's client. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  for (const authority of ['ca', 'stranger']) {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${authority}`,
      '-keyout',
      `${authority}.key`,
      '-out',
      `${authority}.pem`,
    );
  }
  for (const [name, authority, extra] of [
    ['server', 'ca', ['-addext', 'subjectAltName=IP:127.0.0.1']],
    ['client', 'ca', []],
    ['impostor', 'stranger', []],
  ] as const) {
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      `/CN=${name}`,
      ...extra,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    );
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      `${authority}.pem`,
      '-CAkey',
      `${authority}.key`,
      '-CAcreateserial',
      '-days',
      '2',
      '-copy_extensions',
      'copy',
      '-out',
      `${name}.pem`,
    );
  }
}

describe.skipIf(!hasOpenssl)('the HTTP door over TLS', () => {
  let folder = '';
  let server: HttpServer;
  let taken = 0;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hale-tls-'));
    makeCertificates(folder);
    server = await createHttpServer({
      listen: {
        host: '127.0.0.1',
        port: 0,
        tls: {
          certFile: join(folder, 'server.pem'),
          keyFile: join(folder, 'server.key'),
          clientCaFile: join(folder, 'ca.pem'),
        },
      },
      tokens: [],
      operations: {} as HttpServerOptions['operations'],
      readiness: async () => ({ ready: true, checks: [] }),
      metricsText: async () => ({ contentType: 'text/plain', body: '' }),
      limits: { bodyTimeoutMs: 5_000, maxConnections: 10, maxEventLoopDelayMs: 10_000 },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      alerts: alertsOptions([{ kind: 'mtls' }], {
        async take() {
          taken += 1;
          return { ...NOTHING, accepted: 1 };
        },
      }),
    });
  });
  afterAll(async () => {
    await server.close(1_000);
    rmSync(folder, { recursive: true, force: true });
  });

  async function post(client: string | null): Promise<number> {
    const file = (name: string): Buffer => readFileSync(join(folder, name));
    const identity = client === null ? {} : { cert: file(`${client}.pem`), key: file(`${client}.key`) };
    return new Promise((resolve, reject) => {
      const sent = request(
        `${server.url}/api/v1/alerts`,
        { method: 'POST', ca: file('ca.pem'), headers: { 'content-type': 'application/json' }, ...identity },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        },
      );
      sent.on('error', reject);
      sent.end(bodyOf([]));
    });
  }

  it('takes alerts of a client whose certificate the authority signed', async () => {
    expect(await post('client')).toBe(200);
    expect(taken).toBe(1);
  });

  it.each([
    ['nobody', null],
    ['a stranger', 'impostor'],
  ] as const)('refuses %s with 401, before the body is read', async (_name, client) => {
    const before = taken;

    expect(await post(client)).toBe(401);
    expect(taken).toBe(before);
  });
});

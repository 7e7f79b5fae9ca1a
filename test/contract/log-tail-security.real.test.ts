import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createElasticsearch, type ElasticsearchOptions } from '../../src/adapters/elasticsearch/index.ts';
import { selfSigned } from '../world/certificates.ts';
import { type GuardedElasticsearch, startGuardedElasticsearch } from './guarded-elasticsearch.ts';
import { findElasticsearch, type RealElasticsearch, startRealElasticsearch } from './real-elasticsearch.ts';
import { openTailWorld } from './tail-world.ts';

const program = await findElasticsearch('credentials and TLS of the tail');
const INDEX = 'logs-guarded';
const KEY = 'id-of-a-key:secret-of-a-key';
const ENCODED = Buffer.from(KEY).toString('base64');
const STRANGER = 'AB:'.repeat(31).concat('CD');

describe.skipIf(program === null)('the tail, and what guards an Elasticsearch', { timeout: 180_000 }, () => {
  let server: RealElasticsearch;
  let guarded: GuardedElasticsearch;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hale-guarded-'));
    server = await startRealElasticsearch(program ?? '');
    guarded = await startGuardedElasticsearch(server.url, [
      `ApiKey ${ENCODED}`,
      'Bearer a-token',
      `Basic ${Buffer.from('hale:pass:word').toString('base64')}`,
    ]);
    writeFileSync(join(folder, 'ca.pem'), guarded.certificate);
    const other = selfSigned({
      commonName: 'stranger',
      notBefore: new Date(Date.now() - 1_000),
      notAfter: new Date(Date.now() + 3_600_000),
    });
    writeFileSync(join(folder, 'stranger.pem'), other.certificate);
    await server.index(
      INDEX,
      Array.from({ length: 25 }, () => ({ '@timestamp': new Date(Date.now() - 1_000).toISOString(), message: 'line' })),
    );
  }, 180_000);
  afterAll(async () => {
    await guarded?.close();
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const apiKey = { apiKey: () => KEY };
  const open = (options: Pick<ElasticsearchOptions, 'auth' | 'tls'>) =>
    createElasticsearch({ url: guarded.url, indices: ['logs-*'], timeoutMs: 10_000, ...options });
  const caFile = (name: string) => ({ caFile: join(folder, name) });
  const fingerprint = () => new X509Certificate(guarded.certificate).fingerprint256;

  it.each<[string, NonNullable<ElasticsearchOptions['auth']>]>([
    ['a key as id:key', apiKey],
    ['a key as Elasticsearch gives it out', { apiKey: () => ENCODED }],
    ['a token', { bearer: () => 'a-token' }],
    ['a name and a password', { username: 'hale', password: () => 'pass:word' }],
  ])('reads over TLS with %s', async (_, auth) => {
    const source = open({ auth, tls: caFile('ca.pem') });

    expect(await source.check()).toContain('documents can be read');
    await source.close();
  });

  it('reads with the fingerprint of the authority instead of its certificate, however it is written', async () => {
    for (const caFingerprint of [fingerprint(), fingerprint().replaceAll(':', '').toLowerCase()]) {
      const source = open({ auth: apiKey, tls: { caFingerprint } });

      expect(await source.check()).toContain('documents can be read');
      await source.close();
    }
  });

  it.each<[string, () => Pick<ElasticsearchOptions, 'auth' | 'tls'>, string, RegExp]>([
    ['a wrong key', () => ({ auth: { apiKey: () => 'id:wrong' }, tls: caFile('ca.pem') }), 'logs-forbidden', /401/],
    ['no credential', () => ({ tls: caFile('ca.pem') }), 'logs-forbidden', /401/],
    ['an authority that is not trusted', () => ({ auth: apiKey }), 'logs-unavailable', /self-signed certificate/],
    [
      'the authority of somebody else',
      () => ({ auth: apiKey, tls: caFile('stranger.pem') }),
      'logs-unavailable',
      /certificate/,
    ],
    [
      'a wrong fingerprint',
      () => ({ auth: apiKey, tls: { caFingerprint: STRANGER } }),
      'logs-unavailable',
      /fingerprint/,
    ],
  ])('reads nothing with %s, and says why without the secret', async (_, options, code, why) => {
    const source = open(options());
    const failure = await source.check().catch((error: unknown) => error);
    await source.close();

    expect(failure).toMatchObject({ code });
    expect(String(failure)).toMatch(why);
    expect(String(failure)).not.toContain('secret-of-a-key');
  });

  it('is not taken in by a server that shows the certificate of the authority behind one that it did not sign', async () => {
    const forger = await startGuardedElasticsearch(server.url, [`ApiKey ${ENCODED}`], guarded.certificate);
    const source = createElasticsearch({
      url: forger.url,
      indices: ['logs-*'],
      timeoutMs: 10_000,
      auth: apiKey,
      tls: { caFingerprint: fingerprint() },
    });
    const failure = await source.check().catch((error: unknown) => error);
    await source.close();
    await forger.close();

    expect(failure).toMatchObject({ code: 'logs-unavailable' });
    expect(String(failure)).toMatch(/certificate|fingerprint/);
  });

  it('asks for nothing beyond the privilege to read its indices', async () => {
    const before = guarded.refused.length;
    const world = await openTailWorld(open({ auth: apiKey, tls: caFile('ca.pem') }), join(folder, 'store.db'), {
      pageSize: 10,
    });
    await world.tail.pass();
    const total = await world.total();
    await world.store.close();

    expect(total).toBe(25);
    expect(guarded.refused.slice(before)).toEqual([]);
  });
});

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isHaleError } from '../../domain/errors.ts';
import { type ClusterAccess, loadAccess } from './access.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hale-access-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Written {
  readonly cluster?: Record<string, unknown>;
  readonly user?: Record<string, unknown> | null;
  readonly context?: string;
}

async function load({ cluster = {}, user = {}, context }: Written): Promise<ClusterAccess> {
  const kubeconfig = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: 'https://api.example.com:6443/base', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'ignored' } }],
    'current-context': 'x',
    preferences: {},
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  return loadAccess({ kubeconfig, env: {}, ...(context === undefined ? {} : { context }) });
}

async function refused(attempt: Promise<unknown>): Promise<string> {
  const thrown: unknown = await attempt.then(
    () => new Error('this should have failed'),
    (error: unknown) => error,
  );
  if (!isHaleError(thrown, 'config-invalid', 'cluster-unavailable')) throw thrown;
  return thrown.message;
}

describe('credentials', () => {
  it.each([
    ['a token', { token: 'abc' }, { authorization: 'Bearer abc' }],
    [
      'a name and a password',
      { username: 'hale', password: 'p' },
      { authorization: `Basic ${Buffer.from('hale:p').toString('base64')}` },
    ],
    ['an impersonation', { token: 'abc', as: 'other' }, { authorization: 'Bearer abc', 'impersonate-user': 'other' }],
    ['nothing', {}, {}],
    ['no user at all', null, {}],
  ])('of %s', async (_what, user, headers) => {
    const access = await load({ user });

    expect((await access.credentials()).headers).toEqual(headers);
  });

  it('reads a token file that is named relative to the kubeconfig', async () => {
    await writeFile(join(folder, 'token'), 'from-file\n');

    const access = await load({ user: { tokenFile: 'token' } });

    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer from-file' });
  });

  it('asks a command, which may also bring a certificate, and keeps what it said until that expires', async () => {
    const command = join(folder, 'credential');
    const status = { token: 'from-command', clientCertificateData: 'CERT', clientKeyData: 'KEY' };
    const answer = JSON.stringify({ kind: 'ExecCredential', status });
    await writeFile(command, `#!/bin/sh\necho run >> ${join(folder, 'runs')}\necho '${answer}'\n`);
    await chmod(command, 0o755);
    const access = await load({ user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command } } });

    const first = await access.credentials();
    const second = await access.credentials();

    expect(first.headers).toEqual({ authorization: 'Bearer from-command' });
    expect(first.tls).toMatchObject({ cert: 'CERT', key: 'KEY' });
    expect(second.tls).toBe(first.tls);
    expect(await readFile(join(folder, 'runs'), 'utf8')).toBe('run\n');
  });

  it('says that the command failed, as something that may pass', async () => {
    const access = await load({ user: { exec: { command: join(folder, 'no-such-command') } } });

    expect(await refused(access.credentials())).toContain('no credential for user "u"');
  });

  it('takes certificates inline or from files beside the kubeconfig', async () => {
    await writeFile(join(folder, 'client.crt'), 'CERT');

    const access = await load({
      cluster: {
        'certificate-authority-data': Buffer.from('CA').toString('base64'),
        'tls-server-name': 'kubernetes',
        'insecure-skip-tls-verify': true,
      },
      user: { 'client-certificate': 'client.crt', 'client-key-data': Buffer.from('KEY').toString('base64') },
    });

    const { tls } = await access.credentials();
    expect({ ...tls, ca: String(tls.ca), cert: String(tls.cert), key: String(tls.key) }).toEqual({
      ca: 'CA',
      cert: 'CERT',
      key: 'KEY',
      serverName: 'kubernetes',
      verify: false,
    });
  });

  it('verifies the server unless told not to', async () => {
    const access = await load({});

    expect((await access.credentials()).tls.verify).toBe(true);
  });
});

describe('in a pod', () => {
  it('says what is missing when it is not in one', async () => {
    expect(await refused(loadAccess({ env: {} }))).toContain('name a kubeconfig in kubernetes.kubeconfig');
  });
});

describe('a kubeconfig that cannot be used', () => {
  it.each([
    ['another context', { context: 'y' }, 'has no context "y"; it has: x'],
    ['a credential over plain HTTP', { cluster: { server: 'http://api.example.com' } }, 'write https://'],
    ['no address', { cluster: { server: 'api' } }, 'not a URL'],
    ['a SOCKS proxy', { cluster: { 'proxy-url': 'socks5://localhost:1' } }, 'proxy-url'],
    ['a provider that Kubernetes removed', { user: { 'auth-provider': { name: 'gcp' } } }, 'use "exec"'],
    ['a missing token file', { user: { tokenFile: 'no-such' } }, 'cannot be read'],
    ['a missing certificate', { cluster: { 'certificate-authority': 'no-such' } }, 'cannot be read'],
    ['a field of another type', { cluster: { server: 5 } }, 'clusters.0.cluster.server'],
  ])('%s', async (_what, written, words) => {
    expect(await refused(load(written))).toContain(words);
  });

  it.each([
    ['is no YAML', '{'],
    ['is a text', 'hello'],
    ['is empty', ''],
  ])('%s', async (_what, content) => {
    const kubeconfig = join(folder, 'broken');
    await writeFile(kubeconfig, content);

    expect(await refused(loadAccess({ kubeconfig, env: {} }))).toContain(kubeconfig);
  });

  it('is not there', async () => {
    expect(await refused(loadAccess({ kubeconfig: join(folder, 'none'), env: {} }))).toContain('cannot be read');
  });
});

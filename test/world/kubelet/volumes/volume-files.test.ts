import { expect, test } from 'vitest';
import type { Pod, Volume } from '../pod.ts';
import { type VolumeSources, volumeFiles } from './volume-files.ts';

const pod: Pod = {
  metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { app: 'web' } },
  spec: { containers: [] },
};
const sources: VolumeSources = {
  configMap: async (name) => (name === 'settings' ? { a: Buffer.from('1'), b: Buffer.from('2') } : undefined),
  secret: async (name) => (name === 'key' ? { raw: Buffer.from([0xff]) } : undefined),
  token: async (_pod, request) => `token for ${request.audience ?? 'the server'} ${request.expirationSeconds}`,
  claim: async () => '',
};
const filesOf = (volume: Omit<Volume, 'name'>) =>
  volumeFiles({ name: 'v', ...volume }, pod, { podIp: '10.0.0.2', hostIp: '10.0.0.1' }, sources);

test('all keys, or the chosen ones under their paths; bytes stay bytes', async () => {
  expect(Object.keys((await filesOf({ configMap: { name: 'settings' } })) ?? {})).toEqual(['a', 'b']);
  expect(await filesOf({ configMap: { name: 'settings', items: [{ key: 'a', path: 'x/y' }] } })).toEqual({
    'x/y': Buffer.from('1'),
  });
  expect(await filesOf({ secret: { secretName: 'key' } })).toEqual({ raw: Buffer.from([0xff]) });
});

test.each([
  [{ configMap: { name: 'gone' } }, 'configmap "n/gone" not found'],
  [{ secret: { secretName: 'gone' } }, 'secret "n/gone" not found'],
  [{ configMap: { name: 'settings', items: [{ key: 'z', path: 'z' }] } }, 'references non-existent configmap key: z'],
])('what is missing is told: %j', async (volume, message) => {
  await expect(filesOf(volume)).rejects.toThrow(message);
});

test('an optional object that is missing gives an empty folder', async () => {
  expect(await filesOf({ configMap: { name: 'gone', optional: true } })).toEqual({});
});

test('a projected volume joins its sources', async () => {
  const files = await filesOf({
    projected: {
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
        { configMap: { name: 'settings', items: [{ key: 'a', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      ],
    },
  });

  expect(Object.entries(files ?? {}).map(([path, it]) => `${path}=${it.toString()}`)).toEqual([
    'token=token for the server 3607',
    'ca.crt=1',
    'labels=app="web"',
  ]);
});

test('a folder has no files of its own', async () => {
  expect(await filesOf({ emptyDir: {} })).toBeUndefined();
});

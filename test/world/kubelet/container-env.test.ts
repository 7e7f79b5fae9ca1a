import { expect, test } from 'vitest';
import { ContainerConfigError, type EnvSources, expand, resolveCommand, resolveEnv } from './container-env.ts';
import type { ContainerSpec, EnvVar, Pod } from './pod.ts';

const place = { podIp: '10.244.1.7', hostIp: '10.244.0.1' };

const sources: EnvSources = {
  configMap: async (name) => (name === 'settings' ? { LEVEL: 'debug', PRICE: '$(LEVEL)' } : undefined),
  secret: async (name) => (name === 'keys' ? { TOKEN: 'hush' } : undefined),
};

function podWith(container: Partial<ContainerSpec>): { pod: Pod; container: ContainerSpec } {
  const spec: ContainerSpec = { name: 'c', image: 'world.local/c', ...container };
  const metadata = { name: 'orders-1', namespace: 'shop', uid: 'u1', labels: { app: 'orders' } };
  return { pod: { metadata, spec: { nodeName: 'node-1', containers: [spec] } }, container: spec };
}

function resolve(container: Partial<ContainerSpec>): Promise<Record<string, string>> {
  const made = podWith(container);
  return resolveEnv(made.container, made.pod, place, sources);
}

test.each([
  { text: 'a $(A) b', result: 'a 1 b' },
  { text: '$$(A)', result: '$(A)' },
  { text: '$$$(A)', result: '$1' },
  { text: '$(UNKNOWN) $A ${A}', result: '$(UNKNOWN) $A ${A}' },
])('$text becomes $result', ({ text, result }) => {
  expect(expand(text, { A: '1' })).toBe(result);
});

test('later variables see earlier ones, and not the other way round', async () => {
  const env: EnvVar[] = [
    { name: 'EARLY', value: '$(LATE)' },
    { name: 'HOST', value: 'db' },
    { name: 'LATE', value: 'postgres://$(HOST)/shop' },
  ];

  const resolved = await resolve({ env });

  expect(resolved).toEqual({ EARLY: '$(LATE)', HOST: 'db', LATE: 'postgres://db/shop' });
});

test('what comes from elsewhere is not expanded, and env goes over envFrom', async () => {
  const resolved = await resolve({
    envFrom: [{ configMapRef: { name: 'settings' } }, { prefix: 'MY_', secretRef: { name: 'keys' } }],
    env: [{ name: 'LEVEL', value: 'info' }],
  });

  expect(resolved).toEqual({ LEVEL: 'info', PRICE: '$(LEVEL)', MY_TOKEN: 'hush' });
});

test.each([
  { path: 'status.podIP', value: '10.244.1.7' },
  { path: 'metadata.name', value: 'orders-1' },
  { path: 'metadata.namespace', value: 'shop' },
  { path: "metadata.labels['app']", value: 'orders' },
  { path: "metadata.annotations['none']", value: '' },
  { path: 'spec.nodeName', value: 'node-1' },
  { path: 'spec.serviceAccountName', value: 'default' },
])('field $path is $value', async ({ path, value }) => {
  const resolved = await resolve({ env: [{ name: 'F', valueFrom: { fieldRef: { fieldPath: path } } }] });

  expect(resolved).toEqual({ F: value });
});

test.each<{ container: Partial<ContainerSpec>; message: string }>([
  { container: { envFrom: [{ configMapRef: { name: 'gone' } }] }, message: 'configmap "gone" not found' },
  { container: { envFrom: [{ secretRef: { name: 'gone' } }] }, message: 'secret "gone" not found' },
  {
    container: { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'keys', key: 'NO' } } }] },
    message: "couldn't find key NO in Secret shop/keys",
  },
  {
    container: { env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath: 'status.phase' } } }] },
    message: 'fieldPath status.phase is not known to the process kubelet',
  },
  {
    container: { env: [{ name: 'X', valueFrom: { resourceFieldRef: {} } }] },
    message: 'env X: this valueFrom is not known to the process kubelet',
  },
])('refuses to start: $message', async ({ container, message }) => {
  await expect(resolve(container)).rejects.toEqual(new ContainerConfigError(message));
});

test('what is optional may be missing', async () => {
  const resolved = await resolve({
    envFrom: [{ configMapRef: { name: 'gone', optional: true } }],
    env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'settings', key: 'NO', optional: true } } }],
  });

  expect(resolved).toEqual({});
});

test('command and arguments are one list with variables replaced', () => {
  const { container } = podWith({ command: ['serve', '--level=$(LEVEL)'], args: ['$$(LEVEL)'] });

  expect(resolveCommand(container, { LEVEL: 'info' }, [])).toEqual(['serve', '--level=info', '$(LEVEL)']);
});

import { expect, test } from 'vitest';
import type { ContainerSpec, PodSpec } from './pod.ts';
import { unsupportedFeature } from './unsupported.ts';

const plain: ContainerSpec = { name: 'c', image: 'i' };

test.each<{ spec: PodSpec; says: string | undefined }>([
  { spec: { containers: [plain] }, says: undefined },
  {
    spec: { containers: [{ ...plain, volumeMounts: [{ name: 'kube-api-access-x', mountPath: '/t' }] }] },
    says: undefined,
  },
  {
    spec: { containers: [plain, { ...plain, name: 'd', volumeMounts: [{ name: 'data', mountPath: '/d' }] }] },
    says: 'container d: volume mount data',
  },
  {
    spec: { initContainers: [{ ...plain, restartPolicy: 'Always' }], containers: [plain] },
    says: 'init container c: restartPolicy Always',
  },
  { spec: { containers: [{ ...plain, lifecycle: { postStart: {} } }] }, says: 'container c: lifecycle.postStart' },
  { spec: { containers: [{ ...plain, readinessProbe: { grpc: {} } }] }, says: 'container c: grpc probe' },
])('case %#: $says', ({ spec, says }) => {
  expect(unsupportedFeature({ metadata: { name: 'p' }, spec })).toBe(says);
});

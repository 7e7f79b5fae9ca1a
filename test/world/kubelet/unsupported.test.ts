import { expect, test } from 'vitest';
import type { ContainerSpec, PodSpec, Projection, Volume } from './pod.ts';
import { unsupportedFeature } from './unsupported.ts';

const plain: ContainerSpec = { name: 'c', image: 'i' };

test.each<{ spec: PodSpec; says: string | undefined }>([
  { spec: { containers: [plain] }, says: undefined },
  {
    spec: { containers: [plain], volumes: [{ name: 'data', emptyDir: {} }] },
    says: undefined,
  },
  {
    spec: { containers: [plain], volumes: [{ name: 'data', nfs: {} } as Volume] },
    says: 'volume data: nfs',
  },
  {
    spec: {
      containers: [plain],
      volumes: [{ name: 'all', projected: { sources: [{ clusterTrustBundle: {} } as Projection] } }],
    },
    says: 'volume all: projected clusterTrustBundle',
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

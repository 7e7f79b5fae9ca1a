// The product's own watch cache in a process of its own.
import { connectKubernetes } from '../../../src/adapters/kubernetes/index.ts';
import { SYNC_WITHIN_MS, serveParent } from './child.ts';

const connection = await connectKubernetes({
  kubeconfig: process.argv[2] ?? '',
  namespaces: '*',
  now: Date.now,
  timeoutMs: SYNC_WITHIN_MS,
  startTimeoutMs: SYNC_WITHIN_MS,
});
const { reader } = connection;
const startedAt = performance.now();
await connection.start();
const syncedMs = performance.now() - startedAt;

serveParent(syncedMs, () => {
  const seen = { workloads: 0, pods: 0, restarts: 0 };
  for (const { subject } of reader.workloads()) {
    seen.workloads += 1;
    for (const { restarts } of reader.podsOf(subject)) {
      seen.pods += 1;
      seen.restarts += restarts;
    }
  }
  return seen;
});

import { createAcceleratedClock } from '../../src/simulation/clock.ts';
import { createKubernetesServer } from '../../src/simulation/kubernetes-server.ts';
import { createRandom } from '../../src/simulation/random.ts';
import { createAdmin } from './cluster-admin.ts';
import { describeCluster } from './cluster-suite.ts';

const TOKEN = 'token-of-the-daemon';

describeCluster('the simulated API server', async () => {
  const cluster = createKubernetesServer({
    clock: createAcceleratedClock({ startMs: 1_700_000_000_000, factor: 20 }),
    random: createRandom(1),
    token: TOKEN,
    bookmarkMs: 100,
  });
  await cluster.start();
  return {
    server: { scheme: 'http', host: '127.0.0.1', port: Number(new URL(cluster.url()).port) },
    token: TOKEN,
    async restrictedToken() {
      // It knows one identity, so that one loses its rights.
      cluster.behaviour.deny.push('patch deployments/scale', '* pods', 'list pods', 'watch pods');
      return TOKEN;
    },
    admin: createAdmin({ url: cluster.url(), token: TOKEN }),
    forgetHistory: async () => cluster.compact(),
    stop: () => cluster.stop(),
  };
});

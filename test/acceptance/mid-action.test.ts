import { createAcceleratedClock } from '../../src/simulation/clock.ts';
import { createKubernetesServer } from '../../src/simulation/kubernetes-server.ts';
import { createRandom } from '../../src/simulation/random.ts';
import { createAdmin } from '../contract/cluster-admin.ts';
import { describeMidAction } from './mid-action-suite.ts';

const TOKEN = 'token-of-the-daemon';

describeMidAction('the simulated API server', async () => {
  const cluster = createKubernetesServer({
    clock: createAcceleratedClock({ startMs: Date.now(), factor: 20 }),
    random: createRandom(1),
    token: TOKEN,
    bookmarkMs: 100,
  });
  await cluster.start();
  return {
    server: { scheme: 'http', host: '127.0.0.1', port: Number(new URL(cluster.url()).port) },
    token: TOKEN,
    restrictedToken: async () => TOKEN,
    admin: createAdmin({ url: cluster.url(), token: TOKEN }),
    forgetHistory: async () => cluster.compact(),
    stop: () => cluster.stop(),
  };
});

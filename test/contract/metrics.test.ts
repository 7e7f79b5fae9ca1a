import { createAcceleratedClock } from '../../src/simulation/clock.ts';
import { createPrometheusServer } from '../../src/simulation/prometheus-server.ts';
import { createSampleStore } from '../../src/simulation/tsdb/store.ts';
import { ALERT, describeMetrics, GROUP, RECORDING } from './metrics-suite.ts';

describeMetrics('the simulated Prometheus', async () => {
  const clock = createAcceleratedClock({ startMs: 1_700_000_000_000, factor: 1 });
  const store = createSampleStore({ retentionMs: 3_600_000 });
  store.series({ __name__: 'up', job: 'prometheus' }).append(clock.now(), 1);
  const server = createPrometheusServer({
    clock,
    store,
    pathPrefix: '/metrics-of/team',
    authentication: { bearer: 'secret' },
    rules: [{ groups: [{ name: GROUP, rules: [RECORDING, ALERT] }] }],
  });
  await server.start();
  return {
    url: server.url(),
    options: { auth: { bearer: () => Promise.resolve('secret\n') } },
    now: () => Math.floor(clock.now()),
    stop: () => server.stop(),
  };
});

import { expect, it } from 'vitest';
import { DETECTORS } from '../../detectors/index.ts';
import { detectorContract } from './detector-contract.ts';

const given: Record<string, Parameters<typeof detectorContract>[1]> = {
  'latency-spike': {
    names: ['http_request_duration_seconds_bucket', 'http_request_duration_seconds_count'],
    sick(series, pods, now) {
      for (const pod of pods) {
        const seconds = (at: number) => (at > now - 150_000 ? 0.8 : 0.04);
        series.histogram(
          { name: 'http_request_duration_seconds', labels: { namespace: 'shop', pod }, seconds, perS: 5 },
          { from: now - 3_600_000, to: now },
        );
      }
    },
  },
  'pool-exhaustion': {
    names: ['hikaricp_connections_active', 'hikaricp_connections_max', 'hikaricp_connections_pending'],
    sick(series, pods, now) {
      for (const pod of pods) {
        for (const [name, value] of Object.entries({ active: 4, max: 4, pending: 3 })) {
          const labels = { __name__: `hikaricp_connections_${name}`, pool: 'main', namespace: 'shop', pod };
          series.gauge(labels, value, { from: now - 300_000, to: now });
        }
      }
    },
  },
};

it('covers every detector', () => {
  expect(Object.keys(given).sort()).toEqual([...DETECTORS.keys()].sort());
});

for (const [id, detector] of DETECTORS) {
  const own = given[id];
  if (own) detectorContract(detector, own);
}

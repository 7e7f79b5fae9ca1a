import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { REMEDIATIONS } from '../../remediations/index.ts';
import { evaluateInstant } from '../simulation/promql/evaluate.ts';
import { parsePromql } from '../simulation/promql/parse.ts';
import { createSampleStore, type SampleStore } from '../simulation/tsdb/store.ts';
import { loadPolicies } from './load-policies.ts';
import { policyTestText, runPolicyTests } from './policy-tests.ts';
import { renderMeasure } from './query-template.ts';

const sources = {
  directories: [fileURLToPath(new URL('../../rules/policies', import.meta.url))],
  remediations: REMEDIATIONS,
};
const NOW = 1_800_000_000_000;
const ORDERS = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'orders', uid: 'uid-orders' };

/** Two minutes of requests, `perS` each second, all of them taking just under `seconds`. */
function serve(store: SampleStore, metric: string, pod: string, perS: number, seconds: number): void {
  const labels = { namespace: 'shop', pod };
  const bounds = [seconds / 2, seconds, seconds * 2, Number.POSITIVE_INFINITY];
  for (let at = 0; at <= 120; at += 15) {
    const time = NOW - 120_000 + at * 1_000;
    for (const bound of bounds) {
      const le = Number.isFinite(bound) ? String(bound) : '+Inf';
      store.series({ __name__: `${metric}_bucket`, le, ...labels }).append(time, bound < seconds ? 0 : perS * at);
    }
    store.series({ __name__: `${metric}_count`, ...labels }).append(time, perS * at);
  }
}

function values(query: string, store: SampleStore): number[] {
  const answer = evaluateInstant(parsePromql(query), NOW, { store });
  return answer.type === 'vector' ? answer.elements.map((element) => element.value) : [];
}

describe('the shipped policies', () => {
  it('pass their table tests, and each of them has one', async () => {
    const report = await runPolicyTests(sources);

    expect(policyTestText(report)).not.toContain('FAIL');
    expect(report.ok).toBe(true);
    expect(report.results.length).toBeGreaterThan(0);
  });

  it.each([
    ['http_request_duration_seconds', 1],
    ['http_server_request_duration_seconds', 1],
    ['http_server_request_duration', 1],
    ['http_server_requests_seconds', 1],
    ['http_server_duration_milliseconds', 1_000],
  ])('measure users of %s by one number, whatever the neighbours do', async (metric, unitsPerS) => {
    const store = createSampleStore({ retentionMs: 86_400_000 });
    serve(store, metric, 'orders-7c9d8b6f5-x2v4q', 4, 0.4 * unitsPerS);
    serve(store, metric, 'orders-7c9d8b6f5-b8k2z', 4, 0.4 * unitsPerS);
    serve(store, metric, 'catalog-5d4c8f7b9-m2n4p', 50, 9 * unitsPerS);

    for (const { policy } of await loadPolicies(sources)) {
      const measure = renderMeasure(policy.verification, { subject: ORDERS });
      expect(values(measure.traffic, store)).toEqual([expect.closeTo(8, 6)]);
      // How near a container is to its limit is no figure of requests.
      if (policy.verification.indicator.includes('container_memory')) continue;
      const [indicator = Number.NaN, ...others] = values(measure.indicator, store);
      const seconds = policy.verification.unit === 'seconds' ? indicator : indicator / 2;
      expect(others).toEqual([]);
      expect(seconds).toBeGreaterThan(0.2);
      expect(seconds).toBeLessThanOrEqual(0.4);
    }
  });

  it.each([
    ['http_request_duration_seconds', 'status_code'],
    ['http_server_request_duration_seconds', 'http_response_status_code'],
    ['http_server_requests_seconds', 'status'],
  ])('call users hurt who are failed at once, by %s', async (metric, label) => {
    const store = createSampleStore({ retentionMs: 86_400_000 });
    serve(store, metric, 'orders-7c9d8b6f5-x2v4q', 8, 0.02);
    for (let at = 0; at <= 120; at += 15)
      store
        .series({ __name__: `${metric}_count`, namespace: 'shop', pod: 'orders-7c9d8b6f5-x2v4q', [label]: '500' })
        .append(NOW - 120_000 + at * 1_000, 2 * at);

    const loaded = (await loadPolicies(sources)).find(({ policy }) => policy.id === 'roll-back-bad-releases');
    if (loaded === undefined) throw new Error('the policy is not shipped');
    const measure = renderMeasure(loaded.policy.verification, { subject: ORDERS });

    // Two of ten, where two of a hundred is as much as users bear.
    expect(values(measure.indicator, store)).toEqual([expect.closeTo(10, 1)]);
  });

  it('watch the neighbours that have traffic, one by one', async () => {
    const store = createSampleStore({ retentionMs: 86_400_000 });
    serve(store, 'http_request_duration_seconds', 'orders-7c9d8b6f5-x2v4q', 4, 0.4);
    serve(store, 'http_request_duration_seconds', 'catalog-5d4c8f7b9-m2n4p', 5, 0.1);
    serve(store, 'http_request_duration_seconds', 'idle-5d4c8f7b9-m2n4p', 0.2, 3);
    serve(store, 'http_server_request_duration_seconds', 'web-6f7d8c9b4-q2w4r', 5, 0.2);

    const loaded = (await loadPolicies(sources)).find(({ policy }) => policy.verification.neighbours !== undefined);
    if (loaded === undefined) throw new Error('no policy watches neighbours');
    const { neighbours } = renderMeasure(loaded.policy.verification, { subject: ORDERS });

    const found = values(neighbours ?? '', store).toSorted((a, b) => a - b);
    expect(found).toHaveLength(2);
    expect(found[0]).toBeCloseTo(0.0975, 3);
    expect(found[1]).toBeCloseTo(0.195, 3);
  });

  it('call users worse only by readings that no longer hold the time before the change', async () => {
    const policies = await loadPolicies(sources);

    for (const { policy } of policies) {
      const { indicator, neighbours = '', settle } = policy.verification;
      const windowsMs = [...`${indicator} ${neighbours}`.matchAll(/\[(\d+)m\]/g)].map(
        ([, minutes]) => Number(minutes) * 60_000,
      );
      expect(settle).toBeGreaterThanOrEqual(Math.max(...windowsMs));
    }
  });
});

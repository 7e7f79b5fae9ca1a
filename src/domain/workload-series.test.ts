import { describe, expect, it } from 'vitest';
import {
  escapeRegex,
  isSeriesOf,
  matchersLike,
  podPattern,
  promqlString,
  workloadMatchers,
} from './workload-series.ts';

describe('podPattern', () => {
  it.each([
    ['Deployment', 'orders', 'orders-7d9f8c6b5d-x2k4q', true],
    ['Deployment', 'orders', 'orders-api-7d9f8c6b5d-x2k4q', false],
    ['Deployment', 'orders', 'xorders-7d9f8c6b5d-x2k4q', false],
    ['Deployment', 'a'.repeat(50), `${'a'.repeat(50)}-7d9f8c6x2k4q`, true],
    ['Deployment', 'a'.repeat(63), `${'a'.repeat(58)}x2k4q`, true],
    ['StatefulSet', 'db', 'db-12', true],
    ['StatefulSet', 'db', 'db-main-0', false],
    ['DaemonSet', 'agent', 'agent-x2k4q', true],
    ['DaemonSet', 'agent', 'agent-7d9f8c6b5d-x2k4q', false],
    ['Pod', 'a.b', 'a.b', true],
    ['Pod', 'a.b', 'axb', false],
    ['Rollout', 'orders', 'orders-7d9f8c6b5d-x2k4q', true],
  ])('%s %s and pod %s: %s', (kind, name, pod, expected) => {
    const pattern = new RegExp(`^(?:${podPattern({ kind, name })})$`);

    expect(pattern.test(pod)).toBe(expected);
  });
});

describe('series of a workload', () => {
  const orders = { kind: 'Deployment', namespace: 'shop', name: 'orders' };
  const pod = 'orders-7d9f8c6b5d-x2k4q';

  it.each([
    ['relabelled', { namespace: 'shop', pod }, true],
    [
      'exported labels win over those of the exporter',
      { namespace: 'shop', pod, exported_namespace: 'shop', exported_pod: 'web-7d9f8c6b5d-x2k4q' },
      false,
    ],
    [
      'OpenTelemetry pod behind a collector',
      { namespace: 'otel', pod: 'collector-0', k8s_namespace_name: 'shop', k8s_pod_name: pod },
      true,
    ],
    ['OpenTelemetry workload only', { k8s_namespace_name: 'shop', k8s_deployment_name: 'orders' }, true],
    ['older example configuration', { kubernetes_namespace: 'shop', kubernetes_pod_name: pod }, true],
    ['another namespace', { namespace: 'other', pod }, false],
    ['no place at all', { job: 'orders' }, false],
  ])('%s', (_, labels, expected) => {
    expect(isSeriesOf(orders, labels)).toBe(expected);
  });

  it('asks for each way of labelling, with names as literals', () => {
    const matchers = workloadMatchers([{ kind: 'Pod', namespace: 'a.b', name: 'c.d' }]);

    expect(matchers).toContain(String.raw`namespace="a.b",pod=~"c\\.d"`);
    expect(matchers).toHaveLength(4);
  });

  it.each([
    [{ namespace: 'shop', pod }, /^namespace="shop",pod=~"orders-/],
    [
      { namespace: 'otel', pod: 'x', exported_namespace: 'shop', exported_pod: pod },
      /^exported_namespace="shop",exported_pod=~"orders-/,
    ],
    [{ k8s_namespace_name: 'shop', k8s_deployment_name: 'orders' }, /k8s_deployment_name="orders"$/],
  ])('finds more series labelled like %o', (labels, expected) => {
    expect(matchersLike(orders, labels)).toMatch(expected);
  });

  it('keeps quotes, backslashes and metacharacters inside the string', () => {
    expect(promqlString('a"} or up{x="\\')).toBe(String.raw`"a\"} or up{x=\"\\"`);
    expect(new RegExp(`^${escapeRegex('a.*|(b)[c]{2}^$+?\\')}$`).test('a.*|(b)[c]{2}^$+?\\')).toBe(true);
  });
});

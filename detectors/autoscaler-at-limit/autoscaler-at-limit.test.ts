import { describe, expect, it } from 'vitest';
import type { AutoscalerGiven } from '../../test/contract/autoscaler-world.ts';
import { autoscalerWorld } from '../../test/contract/autoscaler-world.ts';
import { detectIn } from '../../test/contract/detector-contract.ts';
import { autoscalerAtLimit } from './index.ts';

const PRESSED: AutoscalerGiven = { value: () => 99 };
const detect = (given: AutoscalerGiven) => detectIn(autoscalerWorld(given), autoscalerAtLimit);

describe('autoscaler-at-limit', () => {
  it('names maximum, metric and the patch', async () => {
    const [finding] = await detect(PRESSED);

    expect(finding).toMatchObject({
      reason: 'autoscaler-at-limit',
      confidence: 0.85,
      figures: { replicas: 5, maxReplicas: 5, overTarget: expect.closeTo(0.414, 2) },
      mend: `kubectl -n shop patch hpa orders --type merge -p '{"spec":{"maxReplicas":10}}'`,
    });
    expect(finding?.summary).toContain(
      'HorizontalPodAutoscaler orders has 5 of at most 5 replicas, cpu at 141 % of its target; its requests take',
    );
  });

  it.each<[string, AutoscalerGiven, number]>([
    ['by its condition alone', { conditions: { ScalingLimited: 'true' } }, 0.8],
    ['nothing tells whether it wants more', {}, 0.6],
    ['users are not measured', { ...PRESSED, users: 'unmeasured' }, 0.6],
    ['KEDA', { by: 'KEDA' }, 0.6],
    ['kube-state-metrics 1', { naming: 'ksm-1' }, 0.6],
    ['kube-state-metrics, honor_labels off', { naming: 'honor-labels-off' }, 0.6],
    ['OpenTelemetry', { naming: 'otel' }, 0.6],
    ['OpenTelemetry, old', { naming: 'otel-old' }, 0.6],
    ['OpenTelemetry, with dots', { naming: 'otel-dots' }, 0.6],
  ])('is as sure as the facts allow: %s', async (_, given, confidence) => {
    expect(await detect(given)).toMatchObject([{ reason: 'autoscaler-at-limit', confidence }]);
  });

  it.each<[string, AutoscalerGiven]>([
    ['at its maximum and at ease', { value: () => 40 }],
    ['at its maximum and users are well', { ...PRESSED, users: 'well' }],
    ['its condition says that it is not limited', { conditions: { ScalingLimited: 'false' } }],
    ['it has room', { ...PRESSED, replicas: 3 }],
    ['at its maximum for a moment', { ...PRESSED, desired: (ago) => (ago < 1 ? 5 : 4) }],
    ['over its target for a moment', { value: (ago) => (ago < 1 ? 99 : 60) }],
    ['within its tolerance', { value: () => 74 }],
  ])('finds nothing: %s', async (_, given) => {
    expect(await detect(given)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { AutoscalerDetails } from '../../src/ports/cluster-details.ts';
import type { AutoscalerGiven } from '../../test/contract/autoscaler-world.ts';
import { autoscalerWorld } from '../../test/contract/autoscaler-world.ts';
import { detectIn } from '../../test/contract/detector-contract.ts';
import { misconfiguredAutoscaler } from './index.ts';

const BROKEN: AutoscalerGiven = { replicas: 2, conditions: { AbleToScale: 'true', ScalingActive: 'false' } };
const detect = (given: AutoscalerGiven) => detectIn(autoscalerWorld(given), misconfiguredAutoscaler);

describe('misconfigured-autoscaler', () => {
  it.each<[string, AutoscalerGiven, number, string]>([
    ['it gets no metric', BROKEN, 0.8, 'ScalingActive=False'],
    ['it does not reach its target', { ...BROKEN, conditions: { AbleToScale: 'false' } }, 0.8, 'AbleToScale=False'],
    ['users are not measured', { ...BROKEN, users: 'unmeasured' }, 0.5, 'ScalingActive=False'],
  ])('%s', async (_, given, confidence, text) => {
    expect(await detect(given)).toMatchObject([
      {
        reason: 'autoscaler-misconfigured',
        confidence,
        summary: expect.stringContaining(text),
        mend: 'kubectl -n shop describe hpa orders',
      },
    ]);
  });

  it.each<[string, AutoscalerGiven]>([
    ['it works', { ...BROKEN, conditions: { AbleToScale: 'true', ScalingActive: 'true' } }],
    ['it is off, at zero replicas', { ...BROKEN, replicas: 0 }],
    ['users are well', { ...BROKEN, users: 'well' }],
    ['nothing is told of its conditions', { replicas: 2 }],
    ['its conditions are unknown', { ...BROKEN, conditions: { ScalingActive: 'unknown' } }],
  ])('finds nothing: %s', async (_, given) => {
    expect(await detect(given)).toEqual([]);
  });
});

describe('misconfigured-autoscaler, by its own conditions', () => {
  const NONE: AutoscalerGiven = { replicas: 2 };
  const hpa = (
    now: number,
    reason: string,
    message = '',
    fields: Partial<AutoscalerDetails> = {},
  ): AutoscalerDetails => ({
    subject: {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      namespace: 'shop',
      name: 'orders',
      uid: 'hpa',
    },
    target: { kind: 'Deployment', name: 'orders' },
    minReplicas: 2,
    maxReplicas: 5,
    currentReplicas: 2,
    desiredReplicas: 2,
    conditions: [
      {
        type: reason === 'FailedGetScale' ? 'AbleToScale' : 'ScalingActive',
        status: 'False',
        reason,
        message,
        since: now - 600_000,
      },
    ],
    metrics: ['Resource cpu'],
    ...fields,
  });

  function told(autoscalers: (now: number) => readonly AutoscalerDetails[], given = NONE) {
    const world = autoscalerWorld(given);
    world.cluster.setDetails({ autoscalers: autoscalers(world.now) });
    return detectIn(world, misconfiguredAutoscaler);
  }

  it.each<[string, string, string, string, string]>([
    [
      'no request',
      'FailedGetResourceMetric',
      'missing request for cpu in container app of Pod orders-1',
      'container app has no request for cpu',
      'set resources deployment/orders -c app --requests=cpu=100m',
    ],
    [
      'no metric',
      'FailedGetResourceMetric',
      'unable to fetch metrics',
      'gets no metric cpu',
      'get apiservice v1beta1.metrics.k8s.io',
    ],
    ['no target', 'FailedGetScale', 'not found', 'does not reach its target', 'edit hpa orders'],
    ['no selector', 'InvalidSelector', '', 'selector is empty', 'edit hpa orders'],
    ['something new', 'Evil; rm -rf /', '', 'does not work (ScalingActive=False)', 'describe hpa orders'],
  ])('names what it lacks: %s', async (_, reason, message, text, mend) => {
    const [finding] = await told((now) => [hpa(now, reason, message)]);

    expect(finding).toMatchObject({ reason: 'autoscaler-misconfigured', confidence: 0.9 });
    expect(finding?.summary).toContain(text);
    expect(finding?.mend).toContain(mend);
  });

  it('names two autoscalers of one workload', async () => {
    const second = { ...hpa(0, '').subject, name: 'orders-2' };
    const [finding] = await told((now) => [
      hpa(now, 'x', '', { conditions: [] }),
      hpa(now, 'x', '', { subject: second }),
    ]);

    expect(finding?.summary).toContain('orders and orders-2 scale one workload');
    expect(finding?.mend).toContain('delete hpa orders-2');
  });

  it.each<[string, (now: number) => readonly AutoscalerDetails[], AutoscalerGiven]>([
    ['it is off, at zero replicas', (now) => [hpa(now, 'ScalingDisabled')], NONE],
    ['for a minute only', (now) => [hpa(now + 560_000, 'FailedGetResourceMetric')], NONE],
    ['users are well', (now) => [hpa(now, 'FailedGetResourceMetric')], { ...NONE, users: 'well' }],
    [
      'it is at its maximum: another detector',
      (now) => [
        hpa(now, '', '', {
          conditions: [{ type: 'ScalingLimited', status: 'True', reason: 'TooManyReplicas', message: '', since: 0 }],
        }),
      ],
      NONE,
    ],
  ])('finds nothing: %s', async (_, autoscalers, given) => {
    expect(await told(autoscalers, given)).toEqual([]);
  });
});

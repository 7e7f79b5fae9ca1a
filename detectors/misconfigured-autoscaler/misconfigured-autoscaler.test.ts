import { describe, expect, it } from 'vitest';
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

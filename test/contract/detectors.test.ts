import { expect, it } from 'vitest';
import { DETECTORS } from '../../detectors/index.ts';
import { DETECTOR_CASES } from './detector-cases.ts';
import { detectorContract } from './detector-contract.ts';

it('covers every detector', () => {
  expect(Object.keys(DETECTOR_CASES).sort()).toEqual([...DETECTORS.keys()].sort());
});

for (const [id, detector] of DETECTORS) {
  const own = DETECTOR_CASES[id];
  if (own) detectorContract(detector, own);
}

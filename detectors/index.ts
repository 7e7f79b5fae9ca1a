import type { Detector } from '../src/plugin/detector.ts';
import { certificateExpiry } from './certificate-expiry/index.ts';
import { cpuSaturation } from './cpu-saturation/index.ts';
import { dependencyOutage } from './dependency-outage/index.ts';
import { latencySpike } from './latency-spike/index.ts';
import { lockWaits } from './lock-waits/index.ts';
import { missingTelemetry } from './missing-telemetry/index.ts';
import { poolExhaustion } from './pool-exhaustion/index.ts';

/** Every detector, by its id. Symptoms first, so that they stand above their causes in an incident. */
export const DETECTORS: ReadonlyMap<string, Detector> = new Map(
  [latencySpike, lockWaits, poolExhaustion, cpuSaturation, dependencyOutage, certificateExpiry, missingTelemetry].map(
    (one) => [one.id, one],
  ),
);

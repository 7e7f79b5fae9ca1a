import type { Detector } from '../src/plugin/detector.ts';
import { autoscalerAtLimit } from './autoscaler-at-limit/index.ts';
import { badRelease } from './bad-release/index.ts';
import { certificateExpiry } from './certificate-expiry/index.ts';
import { cpuSaturation } from './cpu-saturation/index.ts';
import { crashLoop } from './crash-loop/index.ts';
import { dependencyOutage } from './dependency-outage/index.ts';
import { diskFilling } from './disk-filling/index.ts';
import { errorBurst } from './error-burst/index.ts';
import { latencySpike } from './latency-spike/index.ts';
import { lockWaits } from './lock-waits/index.ts';
import { logSignature } from './log-signature/index.ts';
import { memoryLeak } from './memory-leak/index.ts';
import { misconfiguredAutoscaler } from './misconfigured-autoscaler/index.ts';
import { missingTelemetry } from './missing-telemetry/index.ts';
import { newErrorPattern } from './new-error-pattern/index.ts';
import { nodeTrouble } from './node-trouble/index.ts';
import { outOfMemory } from './out-of-memory/index.ts';
import { poolExhaustion } from './pool-exhaustion/index.ts';
import { queueBacklog } from './queue-backlog/index.ts';
import { scaledToZero } from './scaled-to-zero/index.ts';
import { serviceUnreachable } from './service-unreachable/index.ts';
import { trafficDrop } from './traffic-drop/index.ts';
import { trafficSurge } from './traffic-surge/index.ts';
import { workloadNotStarting } from './workload-not-starting/index.ts';

/** Every detector, by its id. Symptoms first, so that they stand above their causes in an incident. */
export const DETECTORS: ReadonlyMap<string, Detector> = new Map(
  [
    latencySpike,
    errorBurst,
    trafficDrop,
    scaledToZero,
    serviceUnreachable,
    workloadNotStarting,
    nodeTrouble,
    badRelease,
    outOfMemory,
    crashLoop,
    lockWaits,
    poolExhaustion,
    dependencyOutage,
    misconfiguredAutoscaler,
    autoscalerAtLimit,
    cpuSaturation,
    queueBacklog,
    memoryLeak,
    diskFilling,
    certificateExpiry,
    missingTelemetry,
    trafficSurge,
    newErrorPattern,
    logSignature,
  ].map((one) => [one.id, one]),
);

export type { Baseline } from './baseline.ts';
export { baselineOf } from './baseline.ts';
export { callFailure } from './call-failure.ts';
export type { ContainerEnds } from './container-ends.ts';
export { readPodEnds } from './container-ends.ts';
export { ifReadable } from './if-readable.ts';
export { isServing } from './is-serving.ts';
export { objectLabelOf, objectMatchers } from './object-series.ts';
export { readAround } from './read-around.ts';
export type { AutoscalerSeries } from './read-autoscaler.ts';
export { readAutoscaler } from './read-autoscaler.ts';
export type { CallsTo } from './read-calls.ts';
export { readCalls } from './read-calls.ts';
export type { WorkloadSeries } from './read-series.ts';
export { byContainer, named, otelNamed, readSeries } from './read-series.ts';
export type { ServedByPod } from './read-served.ts';
export { readServedByPod } from './read-served.ts';
export { readUnusualTraffic } from './read-traffic.ts';
export type { ProxyFamily, ServerFamily } from './served-requests.ts';
export { OWN_FAMILIES, PROXY_FAMILIES, SERVER_FAMILIES } from './served-requests.ts';
export { readServedTime } from './served-time.ts';
export type { ServerSeries } from './server-series.ts';
export { findServerSeries, isFailure, latencyQueries, requestQueries, STATUS_LABELS } from './server-series.ts';
export type { SteadyGrowth } from './steady-growth.ts';
export { steadyGrowth } from './steady-growth.ts';
export type { Points } from './time-points.ts';
export {
  addInto,
  finitePoints,
  increments,
  lastValue,
  maxInto,
  meanOf,
  medianOf,
  ratePerS,
  sum,
  sumKnown,
  trailingRates,
  valuesWithin,
  wholeSecond,
} from './time-points.ts';
export type { UsersState } from './users-state.ts';
export { readUsers } from './users-state.ts';
export type { Past } from './usual.ts';
export { beforeIt, usualOf } from './usual.ts';

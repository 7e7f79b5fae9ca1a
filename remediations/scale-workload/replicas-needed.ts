import type { ScaleSettings } from './schema.ts';

/** A pool busier than this makes requests wait again at the next burst. */
const TARGET_UTILISATION = 0.7;

/**
 * How many replicas would serve those who use a connection and those who wait for one, at 70 % of the pools: connections wanted = in use +
 * waiting. Bounded by the policy's step and ceiling; without figures one step.
 *
 * @param figures of the cause: `used` and `pending` over all replicas, `maxPerReplica` connections of one.
 */
export function replicasNeeded(
  from: number,
  figures: Readonly<Record<string, number>>,
  settings: ScaleSettings,
): number {
  const step = Math.max(settings.minStep, Math.ceil((from * settings.stepPercent) / 100));
  const most = Math.min(settings.maxReplicas, from + step);
  const least = Math.min(most, from + settings.minStep);
  const { used, pending, maxPerReplica } = figures;
  if (used === undefined || pending === undefined || maxPerReplica === undefined || maxPerReplica <= 0) return most;
  const needed = Math.ceil((used + pending) / (maxPerReplica * TARGET_UTILISATION));
  return Math.max(least, Math.min(most, needed));
}

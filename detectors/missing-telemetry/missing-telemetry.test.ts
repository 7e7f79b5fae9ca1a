import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { missingTelemetry } from './index.ts';

const MINUTE_MS = 60_000;
type Value = (ago: number) => number | null;

/** `up` of each pod by how many ms ago it was scraped; null = no series then. */
function world(values: readonly Value[], extra: Record<string, string> = {}) {
  return detectorWorld((series, pods, now) => {
    for (const [index, pod] of pods.entries()) {
      const value = values[index] ?? values.at(-1);
      const labels = { __name__: 'up', job: 'app', instance: `10.0.0.${index}:9464`, namespace: 'shop', pod, ...extra };
      const written = series.store.series(labels);
      for (let at = now - 40 * MINUTE_MS; at <= now; at += 15_000) {
        const one = value?.(now - at);
        if (one !== null && one !== undefined) written.append(at, one);
      }
    }
  });
}

const down: Value = (ago) => (ago < 10 * MINUTE_MS ? 0 : 1);
const gone: Value = (ago) => (ago < 15 * MINUTE_MS ? null : 1);
const well: Value = () => 1;

describe('missing-telemetry', () => {
  it.each<[string, readonly Value[], Record<string, string>, Record<string, number>]>([
    ['targets that do not answer', [down], {}, { podsAffected: 3, targetsDown: 3, targetsVanished: 0 }],
    ['targets that are gone', [gone], {}, { podsAffected: 3, targetsDown: 0, targetsVanished: 3 }],
    ['two of three', [down, gone, well], {}, { podsAffected: 2, targetsDown: 1, targetsVanished: 1 }],
    ['what is pushed by OTLP', [gone], { __name__: 'target_info' }, { podsAffected: 3, targetsVanished: 3 }],
  ])('finds %s', async (_, values, extra, figures) => {
    const [finding] = await detectIn(world(values, extra), missingTelemetry);

    expect(finding).toMatchObject({ reason: 'telemetry-missing', confidence: 0.7, figures });
    expect(finding?.summary).toContain('app 10.0.0.0:9464');
  });

  it('is less sure where another target of the pod still answers', async () => {
    const partly = world([down]);
    for (const pod of partly.pods) {
      const labels = { __name__: 'up', job: 'sidecar', instance: 'x:1', namespace: 'shop', pod };
      const written = partly.series.store.series(labels);
      for (let at = partly.now - 40 * MINUTE_MS; at <= partly.now; at += 15_000) written.append(at, 1);
    }

    expect(await detectIn(partly, missingTelemetry)).toMatchObject([{ confidence: 0.4 }]);
  });

  it.each<[string, readonly Value[]]>([
    ['all answer', [well]],
    ['a restart: down for two minutes', [(ago) => (ago < 2 * MINUTE_MS ? 0 : 1)]],
    ['new pods: no answer since the first scrape two minutes ago', [(ago) => (ago < 2 * MINUTE_MS ? 0 : null)]],
    ['new series of a moment', [(ago) => (ago > 20 * MINUTE_MS && ago < 21 * MINUTE_MS ? 1 : null)]],
    ['one of three', [down, well, well]],
    ['nothing was ever scraped', [() => null]],
    ['it answers every other time', [(ago) => (ago / 15_000) % 2]],
  ])('finds nothing: %s', async (_, values) => {
    expect(await detectIn(world(values), missingTelemetry)).toEqual([]);
  });

  it('says nothing of pods that are not ready: why they are not is the question', async () => {
    const sick = world([down]);
    sick.cluster.addWorkload(
      sick.incident.workload,
      sick.cluster.reader.podsOf(sick.incident.subject).map((pod) => ({ ...pod, ready: false })),
    );

    expect(await detectIn(sick, missingTelemetry)).toEqual([]);
  });
});

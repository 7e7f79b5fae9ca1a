import type { Subject } from '../../domain/subject.ts';
import { PLACE_LABEL_NAMES, promqlString, workloadMatchers } from '../../domain/workload-series.ts';
import { OWN_FAMILIES, STATUS_LABELS } from '../../workload-metrics/index.ts';

/** Sums and counts of the duration of served requests, in every naming whose series name the pod. */
const DURATIONS = `(${OWN_FAMILIES.map(({ name }) => name.replaceAll('.', '[.]')).join('|')})_(sum|count)`;
const RESOURCES = 'container_cpu_usage_seconds_total|container_memory_working_set_bytes';

/** Raw counters by pod: rates are taken afterwards, for a rate has no name any more. One query whatever the number of workloads. */
export function requestsQuery(subjects: readonly Subject[]): string {
  return query(subjects, DURATIONS, '', STATUS_LABELS);
}

/** The pause container and the sums over a pod are no containers of a workload. */
export function resourcesQuery(subjects: readonly Subject[]): string {
  return query(subjects, RESOURCES, 'container!="",container!="POD",', []);
}

function query(subjects: readonly Subject[], names: string, only: string, more: readonly string[]): string {
  const keep = ['__name__', ...PLACE_LABEL_NAMES, ...more].join(', ');
  return workloadMatchers(subjects)
    .map((place) => `sum by (${keep}) ({__name__=~${promqlString(names)},${only}${place}})`)
    .join('\nor ');
}

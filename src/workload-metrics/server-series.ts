import type { Subject } from '../domain/subject.ts';
import { matchersLike, PLACE_LABEL_NAMES, promqlString, workloadMatchers } from '../domain/workload-series.ts';
import type { RecordedMetrics } from '../plugin/context.ts';
import type { RangeSeries } from '../ports/metrics.ts';
import { SERVER_FAMILIES, type ServerFamily } from './served-requests.ts';
import type { Points } from './time-points.ts';
import { addInto, finitePoints } from './time-points.ts';

/** The form in which a family is there. `mean` = only sum and count. */
export type Form = 'buckets' | 'native' | 'mean';

/** The series that say how long the workload's requests take. */
export interface ServerSeries {
  readonly family: ServerFamily;
  readonly form: Form;
  /** Inside of the braces, without the name. */
  readonly matchers: string;
}

/** Finds the best naming under which the workload is measured now, in one query; null when there is none. */
export async function findServerSeries(
  subject: Subject,
  metrics: Pick<RecordedMetrics, 'instant'>,
  at: number,
): Promise<ServerSeries | null> {
  const answer = await metrics.instant(discoveryQuery(subject), at);
  const there = new Map<string, string>();
  for (const { labels } of answer.series) {
    const name = labels.__name__ ?? '';
    const meshed = SERVER_FAMILIES.find((family) => family.place && name.startsWith(family.name));
    const place = meshed?.place ? meshed.place(subject) : matchersLike(subject, labels);
    if (place === null) continue;
    if (!there.has(name)) there.set(name, place);
  }
  // Quantiles of any family are worth more than the mean of a better one.
  for (const form of ['buckets', 'native', 'mean'] as const) {
    for (const family of SERVER_FAMILIES) {
      const place = there.get(`${family.name}${SUFFIX[form]}`);
      if (place === undefined) continue;
      return { family, form, matchers: family.only ? `${place},${family.only}` : place };
    }
  }
  return null;
}

const SUFFIX: Readonly<Record<Form, string>> = { buckets: '_bucket', native: '', mean: '_count' };

function discoveryQuery(subject: Subject): string {
  const namesOf = (families: readonly ServerFamily[]) =>
    promqlString(families.map((family) => `${family.name.replaceAll('.', '[.]')}(_bucket|_count)?`).join('|'));
  const own = workloadMatchers([subject]).map(
    (place) => `{__name__=~${namesOf(SERVER_FAMILIES.filter((family) => !family.place))},${place}}`,
  );
  const meshed = SERVER_FAMILIES.flatMap((family) =>
    family.place ? [`{__name__=~${namesOf([family])},${family.only ?? ''},${family.place(subject)}}`] : [],
  );
  const keep = ['__name__', ...PLACE_LABEL_NAMES].join(', ');
  // `or` does not look at names: proxies have the labels of the pods that they stand beside, so they keep labels of their own.
  return [
    ...own.map((selector) => `count by (${keep}) (${selector})`),
    ...meshed.map((selector) => `count by (__name__, reporter, direction) (${selector})`),
  ].join('\nor ');
}

const RATE_WINDOW = '2m';

/** Latency in seconds; and served requests per second. Each is one series without labels. */
export function latencyQueries(series: ServerSeries, quantile: number): { latency: string; rate: string } {
  const { family, form, matchers } = series;
  const rateOf = (suffix: string) =>
    `sum(rate({__name__=${promqlString(family.name + suffix)},${matchers}}[${RATE_WINDOW}]))`;
  const scale = family.unitsPerSecond === 1 ? '' : ` / ${family.unitsPerSecond}`;
  switch (form) {
    case 'buckets':
      return {
        latency: `histogram_quantile(${quantile}, sum by (le) (rate({__name__=${promqlString(`${family.name}_bucket`)},${matchers}}[${RATE_WINDOW}])))${scale}`,
        rate: rateOf('_count'),
      };
    case 'native':
      return {
        latency: `histogram_quantile(${quantile}, ${rateOf('')})${scale}`,
        rate: `histogram_count(${rateOf('')})`,
      };
    case 'mean':
    default:
      return { latency: `${rateOf('_sum')} / ${rateOf('_count')}${scale}`, rate: rateOf('_count') };
  }
}

/** Labels under which the namings say how a request ended. */
export const STATUS_LABELS = [
  'http_response_status_code',
  'http_status_code',
  'status_code',
  'status',
  'code',
  'response_code',
  'outcome',
  'classification',
  'grpc_code',
  'rpc_grpc_status_code',
  'rpc_response_status_code',
  'grpc_response_status',
] as const;

/** Codes of gRPC that are the server's fault, by name and number; the others blame the caller or say that nothing was found. */
const GRPC_FAILURES =
  /^(UNKNOWN|Unknown|2|DEADLINE_EXCEEDED|DeadlineExceeded|4|RESOURCE_EXHAUSTED|ResourceExhausted|8|INTERNAL|Internal|13|UNAVAILABLE|Unavailable|14|DATA_LOSS|DataLoss|15)$/;

/** Whether a series counts requests that failed through the server's fault. */
export function isFailure(labels: Readonly<Record<string, string>>): boolean {
  return STATUS_LABELS.some((label) => {
    const value = labels[label] ?? '';
    if (value === '') return false;
    if (label.includes('grpc') || label.startsWith('rpc_')) return GRPC_FAILURES.test(value);
    return (
      /^5(\d\d|xx)$/i.test(value) || value === 'SERVER_ERROR' || (label === 'classification' && value === 'failure')
    );
  });
}

/** All requests and the failed ones, over series of rates by status. */
export function served(series: readonly RangeSeries[]): { readonly total: Points; readonly failed: Points } {
  const total: Points = new Map();
  const failed: Points = new Map();
  for (const one of series) {
    const points = finitePoints(one);
    addInto(total, points);
    if (isFailure(one.labels)) addInto(failed, points);
  }
  return { total, failed };
}

/** Requests served, and those of them that failed; null where the naming has no label that tells failures. Each is one series without labels. */
export function requestQueries({ family, form, matchers }: ServerSeries): { rate: string; failed: string | null } {
  const suffix = form === 'native' ? '' : '_count';
  const rateOf = (more: string): string => {
    const sum = `sum(rate({__name__=${promqlString(family.name + suffix)},${matchers}${more}}[${RATE_WINDOW}]))`;
    return form === 'native' ? `histogram_count(${sum})` : sum;
  };
  const failed = family.failed.map((matcher) => rateOf(`,${matcher}`)).join('\nor ');
  return { rate: rateOf(''), failed: failed === '' ? null : failed };
}

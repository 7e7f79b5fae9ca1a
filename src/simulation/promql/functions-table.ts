import type { ValueType } from './ast.ts';

/** Argument types of one function; `optional` counts trailing arguments that may be left out, -1 repeats the last one. */
export interface Signature {
  args: readonly ValueType[];
  optional: number;
  returns: 'vector' | 'scalar';
}

function signature(args: readonly ValueType[], optional = 0, returns: 'vector' | 'scalar' = 'vector'): Signature {
  return { args, optional, returns };
}

const OF_MATRIX = signature(['matrix']);
const OF_VECTOR = signature(['vector']);
const OF_OPTIONAL_VECTOR = signature(['vector'], 1);

function sameFor(names: string, one: Signature): [string, Signature][] {
  return names.split(' ').map((name) => [name, one]);
}

/** Everything that the simulated Prometheus evaluates. Anything else is refused by name. */
export const SIGNATURES: ReadonlyMap<string, Signature> = new Map<string, Signature>([
  ...sameFor('rate irate increase delta idelta changes resets deriv', OF_MATRIX),
  ...sameFor('avg_over_time min_over_time max_over_time sum_over_time count_over_time last_over_time', OF_MATRIX),
  ...sameFor('present_over_time absent_over_time stddev_over_time stdvar_over_time', OF_MATRIX),
  ...sameFor('abs ceil floor exp ln log2 log10 sqrt sgn sort sort_desc absent timestamp', OF_VECTOR),
  ...sameFor('minute hour day_of_week day_of_month month year', OF_OPTIONAL_VECTOR),
  ['quantile_over_time', signature(['scalar', 'matrix'])],
  ['predict_linear', signature(['matrix', 'scalar'])],
  ['histogram_quantile', signature(['scalar', 'vector'])],
  ['round', signature(['vector', 'scalar'], 1)],
  ['clamp', signature(['vector', 'scalar', 'scalar'])],
  ['clamp_min', signature(['vector', 'scalar'])],
  ['clamp_max', signature(['vector', 'scalar'])],
  ['label_replace', signature(['vector', 'string', 'string', 'string', 'string'])],
  ['label_join', signature(['vector', 'string', 'string', 'string'], -1)],
  ['vector', signature(['scalar'])],
  ['scalar', signature(['vector'], 0, 'scalar')],
  ['time', signature([], 0, 'scalar')],
  ['pi', signature([], 0, 'scalar')],
]);

export const AGGREGATIONS: ReadonlyMap<string, { param?: 'scalar' | 'string' }> = new Map<
  string,
  { param?: 'scalar' | 'string' }
>([
  ['sum', {}],
  ['avg', {}],
  ['min', {}],
  ['max', {}],
  ['count', {}],
  ['group', {}],
  ['stddev', {}],
  ['stdvar', {}],
  ['topk', { param: 'scalar' }],
  ['bottomk', { param: 'scalar' }],
  ['quantile', { param: 'scalar' }],
  ['count_values', { param: 'string' }],
]);

import { PromqlError } from '../promql/error.ts';
import { formatValue, parseDurationMs } from '../promql/literals.ts';
import type { Element, RangeElement, Value } from '../promql/vector.ts';

/** A query parameter as seconds since the epoch or RFC 3339. Throws `bad_data`. */
export function parseTimeMs(text: string, parameter: string): number {
  if (/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text)) return Math.round(Number(text) * 1_000);
  const ms = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw invalid(parameter, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  return ms;
}

export function parseStepMs(text: string, parameter: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined) throw invalid(parameter, `cannot parse ${JSON.stringify(text)} to a valid duration`);
  return ms;
}

export function invalid(parameter: string, reason: string): PromqlError {
  return new PromqlError('bad_data', `invalid parameter "${parameter}": ${reason}`);
}

function point(timeMs: number, value: number): [number, string] {
  return [timeMs / 1_000, formatValue(value)];
}

export function encodeValue(value: Value, timeMs: number): { resultType: string; result: unknown } {
  switch (value.type) {
    case 'scalar':
      return { resultType: 'scalar', result: point(timeMs, value.value) };
    case 'string':
      return { resultType: 'string', result: [timeMs / 1_000, value.value] };
    case 'matrix':
      return encodeMatrix(value.elements);
    case 'vector':
    default:
      return {
        resultType: 'vector',
        result: value.elements.map((one: Element) => ({ metric: one.labels, value: point(timeMs, one.value) })),
      };
  }
}

export function encodeMatrix(elements: readonly RangeElement[]): { resultType: string; result: unknown } {
  const result = elements.map(({ labels, samples }) => ({
    metric: labels,
    values: samples.map(({ timeMs, value }) => point(timeMs, value)),
  }));
  return { resultType: 'matrix', result };
}

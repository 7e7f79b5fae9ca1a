import { compileAnchored, dropMetricName, makeLabels } from '../tsdb/labels.ts';
import type { Call, Expr } from './ast.ts';
import { PromqlError } from './error.ts';
import { histogramQuantile } from './histogram-quantile.ts';
import type { Window } from './range-functions.ts';
import { linearRegression, quantile, RANGE_FUNCTIONS } from './range-functions.ts';
import type { Element, Matrix, Value } from './vector.ts';

/** Arguments are evaluated already and were type-checked when the query was parsed. */
export function callFunction(call: Call, args: readonly Value[], evalMs: number): Value {
  const { name } = call;
  const simple = ELEMENTWISE[name];
  if (simple !== undefined) return vector(mapValues(elements(args, 0), simple));
  const calendar = CALENDAR[name];
  if (calendar !== undefined) {
    const given = args.length === 0 ? [{ labels: makeLabels([]), value: evalMs / 1_000 }] : elements(args, 0);
    return vector(mapValues(given, (seconds) => calendar(new Date(seconds * 1_000))));
  }
  const overRange = RANGE_FUNCTIONS[name];
  if (overRange !== undefined)
    return vector(overWindows(matrix(args, 0), evalMs, overRange, name === 'last_over_time'));
  return callOther(call, args, evalMs);
}

function callOther(call: Call, args: readonly Value[], evalMs: number): Value {
  switch (call.name) {
    case 'time':
      return { type: 'scalar', value: evalMs / 1_000 };
    case 'pi':
      return { type: 'scalar', value: Math.PI };
    case 'scalar': {
      const given = elements(args, 0);
      return { type: 'scalar', value: given.length === 1 ? (given[0] as Element).value : Number.NaN };
    }
    case 'vector':
      return vector([{ labels: makeLabels([]), value: scalar(args, 0) }]);
    case 'round': {
      // Dividing by the inverse keeps round(x, 0.1) free of float noise, as Prometheus does it.
      const inverse = 1 / (args.length > 1 ? scalar(args, 1) : 1);
      return vector(mapValues(elements(args, 0), (value) => Math.floor(value * inverse + 0.5) / inverse));
    }
    case 'clamp':
      return clamp(elements(args, 0), scalar(args, 1), scalar(args, 2));
    case 'clamp_min':
      return clamp(elements(args, 0), scalar(args, 1), Number.POSITIVE_INFINITY);
    case 'clamp_max':
      return clamp(elements(args, 0), Number.NEGATIVE_INFINITY, scalar(args, 1));
    case 'sort':
      return vector(sorted(elements(args, 0), 1));
    case 'sort_desc':
      return vector(sorted(elements(args, 0), -1));
    case 'timestamp':
      return vector(
        elements(args, 0).map((one) => ({ labels: dropMetricName(one.labels), value: (one.timeMs ?? evalMs) / 1_000 })),
      );
    case 'absent':
      return vector(elements(args, 0).length > 0 ? [] : [absentElement(call.args[0])]);
    case 'absent_over_time':
      return vector(matrix(args, 0).elements.length > 0 ? [] : [absentElement(call.args[0])]);
    case 'quantile_over_time': {
      const q = scalar(args, 0);
      return vector(
        overWindows(
          matrix(args, 1),
          evalMs,
          ({ samples }) =>
            quantile(
              q,
              samples.map((sample) => sample.value),
            ),
          false,
        ),
      );
    }
    case 'predict_linear': {
      const aheadS = scalar(args, 1);
      const predict = ({ samples }: Window): number | undefined => {
        if (samples.length < 2) return undefined;
        const { slope, intercept } = linearRegression(samples, evalMs);
        return slope * aheadS + intercept;
      };
      return vector(overWindows(matrix(args, 0), evalMs, predict, false));
    }
    case 'histogram_quantile':
      return vector(histogramQuantile(scalar(args, 0), elements(args, 1)));
    case 'label_replace':
      return vector(labelReplace(elements(args, 0), args));
    case 'label_join':
      return vector(labelJoin(elements(args, 0), args));
    default:
      throw new PromqlError('execution', `function "${call.name}" is unknown to the simulated Prometheus`);
  }
}

const ELEMENTWISE: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sqrt: Math.sqrt,
  sgn: Math.sign,
};

const CALENDAR: Readonly<Record<string, (date: Date) => number>> = {
  minute: (date) => date.getUTCMinutes(),
  hour: (date) => date.getUTCHours(),
  day_of_week: (date) => date.getUTCDay(),
  day_of_month: (date) => date.getUTCDate(),
  month: (date) => date.getUTCMonth() + 1,
  year: (date) => date.getUTCFullYear(),
};

function vector(given: readonly Element[]): Value {
  return { type: 'vector', elements: given };
}

function wrongType(wanted: string): PromqlError {
  return new PromqlError('execution', `expected a ${wanted} argument`);
}

function elements(args: readonly Value[], at: number): readonly Element[] {
  const arg = args[at];
  if (arg?.type !== 'vector') throw wrongType('vector');
  return arg.elements;
}

function matrix(args: readonly Value[], at: number): Matrix {
  const arg = args[at];
  if (arg?.type !== 'matrix') throw wrongType('range vector');
  return arg;
}

function scalar(args: readonly Value[], at: number): number {
  const arg = args[at];
  if (arg?.type !== 'scalar') throw wrongType('scalar');
  return arg.value;
}

function text(args: readonly Value[], at: number): string {
  const arg = args[at];
  if (arg?.type !== 'string') throw wrongType('string');
  return arg.value;
}

function mapValues(given: readonly Element[], compute: (value: number) => number): Element[] {
  return given.map((one) => ({ labels: dropMetricName(one.labels), value: compute(one.value) }));
}

function overWindows(
  { elements: given, startMs, endMs }: Matrix,
  evalMs: number,
  compute: (window: Window) => number | undefined,
  keepName: boolean,
): Element[] {
  const result: Element[] = [];
  for (const { labels, samples } of given) {
    const value = compute({ samples, startMs, endMs, evalMs });
    if (value !== undefined) result.push({ labels: keepName ? labels : dropMetricName(labels), value });
  }
  return result;
}

function clamp(given: readonly Element[], least: number, most: number): Value {
  if (least > most) return vector([]);
  return vector(mapValues(given, (value) => Math.max(least, Math.min(most, value))));
}

function sorted(given: readonly Element[], direction: 1 | -1): Element[] {
  return [...given].sort((a, b) => {
    if (Number.isNaN(a.value)) return Number.isNaN(b.value) ? 0 : 1;
    return Number.isNaN(b.value) ? -1 : direction * (a.value - b.value);
  });
}

/** The labels that the selector's equality matchers promise, each named once. */
function absentElement(arg: Expr | undefined): Element {
  const selector = arg?.kind === 'matrix-selector' ? arg.vector : arg;
  if (selector?.kind !== 'vector-selector') return { labels: makeLabels([]), value: 1 };
  const promised = selector.matchers.filter(
    (matcher) =>
      matcher.name !== '__name__' &&
      matcher.type === '=' &&
      selector.matchers.filter((other) => other.name === matcher.name).length === 1,
  );
  return { labels: makeLabels(promised.map((matcher): [string, string] => [matcher.name, matcher.value])), value: 1 };
}

function labelReplace(given: readonly Element[], args: readonly Value[]): Element[] {
  const [target, replacement, source, pattern] = [text(args, 1), text(args, 2), text(args, 3), text(args, 4)];
  let compiled: RegExp;
  try {
    compiled = compileAnchored(pattern);
  } catch {
    throw new PromqlError('execution', `invalid regular expression in label_replace(): ${pattern}`);
  }
  if (target === '') throw new PromqlError('execution', 'invalid destination label name in label_replace(): ');
  return given.map((one) => {
    const match = compiled.exec(one.labels[source] ?? '');
    if (match === null) return one;
    const value = replacement.replaceAll(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => {
      if (whole === '$$') return '$';
      const group = bare ?? braced ?? '';
      return (/^\d+$/.test(group) ? match[Number(group)] : match.groups?.[group]) ?? '';
    });
    return { ...one, labels: setLabel(one, target, value) };
  });
}

function labelJoin(given: readonly Element[], args: readonly Value[]): Element[] {
  const [target, separator] = [text(args, 1), text(args, 2)];
  const sources = args.slice(3).map((_, at) => text(args, at + 3));
  return given.map((one) => ({
    ...one,
    labels: setLabel(one, target, sources.map((name) => one.labels[name] ?? '').join(separator)),
  }));
}

function setLabel({ labels }: Element, name: string, value: string): Element['labels'] {
  return makeLabels([...Object.entries(labels).filter(([other]) => other !== name), [name, value]]);
}

import type { AlertClass } from '../domain/alert-class.ts';
import type { Clue } from './clue.ts';
import type { Expression, Measure } from './expression.ts';
import type { FamilyOf } from './families/index.ts';
import { stemsOf } from './words.ts';

/** What the shape of the expression says, whatever the metric measures. */
export function cluesOfShape(expression: Expression, familyOf: FamilyOf): Clue[] {
  if (expression.constant) return [clue('informational', 9, 'the expression is a constant: it always fires')];
  const subjects = expression.measures.filter(({ role }) => role === 'subject');
  const alone = subjects.every(({ metric }) => UP.test(metric));
  return [
    ...subjects.flatMap((measure) =>
      isSingleton(measure) ? cluesOfTooMany(measure) : cluesOfUp(measure, alone, familyOf),
    ),
    ...subjects.flatMap(cluesOfMeasure),
    ...cluesOfPairs(expression.measures),
  ];
}

function cluesOfMeasure(measure: Measure): Clue[] {
  const words = new Set(stemsOf(measure.metric));
  return [
    ...cluesOfAbsence(measure, words),
    ...cluesOfFilters(measure),
    ...cluesOfTime(measure, words),
    ...cluesOfFunctions(measure, words),
    ...cluesOfState(measure, words),
    ...cluesOfAmount(measure, words),
  ];
}

const UP = /(?:^|_)up$/i;

/** `up == 0` and the `_up` of exporters; it says less where it is one of several things that are judged. */
function cluesOfUp({ metric }: Measure, alone: boolean, familyOf: FamilyOf): Clue[] {
  if (!UP.test(metric)) return [];
  const family = familyOf(metric);
  const elsewhere = family !== null && !family.broad && !family.classes.includes('unavailable');
  return [clue('unavailable', elsewhere ? 2 : alone ? 9 : 4, `${metric} says whether it is there`)];
}

/** `sum(leader) > 1`: there is more than one of what there may be only one. */
function isSingleton({ compared, functions, metric, matchers }: Measure): boolean {
  if (compared?.op !== '>' || compared.bound !== 1 || !functions.some((name) => name === 'sum' || name === 'count'))
    return false;
  return (
    UP.test(metric) ||
    ONE_ONLY.test(metric) ||
    matchers.some(({ negative, value }) => !negative && ONE_ONLY.test(value))
  );
}

const ONE_ONLY = /leader|master|primary|controller|running|coordinator/i;

function cluesOfTooMany({ metric }: Measure): Clue[] {
  return [clue('consistency', 9, `more of ${metric} than there may be`)];
}

function cluesOfAbsence({ metric, functions }: Measure, words: ReadonlySet<string>): Clue[] {
  if (!functions.some((name) => name.startsWith('absent')) || words.has('up')) return [];
  return [
    clue('telemetry', 2.5, `${metric} is not there`),
    clue('unavailable', 2.5, `what gives ${metric} is not there`),
  ];
}

const OUTCOME_LABEL = /(?:code|status|result|outcome|response|class|error|success|state|return|level)/i;
const FAILED_VALUE =
  /(?:5\.|5xx|\b50\d|\[?45\]|\(4\|5\)|4\.\.|4xx|\[5|err|fail|internal|unavailable|unknown|deadline|reject|denied|exhausted|servfail|dropped|timeout|abort|exception|nok)/i;
const WELL_VALUE = /^\(?(?:ok|success|succeeded|healthy|running|ready|online|up|active|true)\b/i;
const UNWELL_PHASE = /pending|unknown|failed|lost/i;
const PASSED_VALUE = /^(?:2|3|\(\?:2|\[23|success|ok$|true$)/i;

/** Labels that pick out what failed: `code=~"5.."`, `result="error"`; or leave out what succeeded. */
function cluesOfFilters({ matchers, metric, compared, functions }: Measure): Clue[] {
  const failed = matchers.some(
    ({ label, negative, value }) => OUTCOME_LABEL.test(label) && (negative ? PASSED_VALUE : FAILED_VALUE).test(value),
  );
  // A gauge with a state as label says how something is, a counter what happened.
  const counts = functions.some((name) => /rate|increase|delta/.test(name)) || /_(?:total|count|sum)$/.test(metric);
  const waits = matchers.some(
    ({ label, negative, value }) => label === 'phase' && !negative && UNWELL_PHASE.test(value),
  );
  const well = matchers.filter(({ label, value }) => OUTCOME_LABEL.test(label) && WELL_VALUE.test(value));
  const nothingWell =
    well.some(({ negative }) => !negative) &&
    (compared?.op.startsWith('<') === true || (compared?.op === '==' && compared.bound === 0));
  const notWell = well.some(({ negative, label }) => negative && /health|state|status/i.test(label));
  return [
    ...(failed && counts ? [clue('errors', 4, `${metric} is filtered for what failed`)] : []),
    ...(failed && !counts
      ? [clue('unavailable', 2.5, `${metric} is filtered for a state in which it does not work`)]
      : []),
    ...(nothingWell
      ? [clue('errors', 3, `nothing of ${metric} succeeds`), clue('unavailable', 2, `nothing of ${metric} succeeds`)]
      : []),
    ...(notWell ? [clue('unavailable', 4, `${metric} is filtered for what is not well`)] : []),
    ...(waits ? [clue('unavailable', 3, `${metric} is filtered for a phase in which it does not work`)] : []),
  ];
}

/** How long ago something was, or how long until it will be. */
function cluesOfTime({ metric, age, functions, compared }: Measure, words: ReadonlySet<string>): Clue[] {
  const clues: Clue[] = [];
  const since = (...stems: string[]): boolean => stems.some((one) => words.has(one));
  if (since('expir', 'expiri', 'expiration', 'renewal') || /not_?after/i.test(metric))
    clues.push(clue('certificate', 5, `${metric} is when something ends`));
  else if (age && since('success', 'successful', 'completion', 'complet', 'run', 'backup', 'finish', 'upload', 'sav'))
    clues.push(clue('job', 4, `the last time of ${metric} is long ago`));
  const started = /start(?:ed)?_time|boot_time|uptime|up_time/i.test(metric);
  if (started && (functions.includes('changes') || compared?.op.startsWith('<') === true))
    clues.push(clue('crash', 6, `${metric} says that it was started anew`));
  return clues;
}

function cluesOfFunctions({ metric, functions, share }: Measure, words: ReadonlySet<string>): Clue[] {
  const clues: Clue[] = [];
  const timed = ['duration', 'latenci', 'second', 'millisecond', 'ms', 'tim', 'delai'].some((one) => words.has(one));
  if (functions.includes('histogram_quantile') || functions.includes('histogram_avg'))
    clues.push(clue('latency', timed ? 5 : 1.5, `a quantile of ${metric}`));
  else if (share && timed && /_(?:sum|total)$/.test(metric) && !words.has('cpu'))
    clues.push(clue('latency', 3, `the mean of ${metric}`));
  if (functions.includes('changes') && !words.has('start'))
    clues.push(
      metric.endsWith('_info')
        ? clue('rollout', 3, `${metric} changes`)
        : clue('crash', 2, `${metric} changes to and fro`),
    );
  if (functions.filter((name) => name === 'count').length >= 2 && (words.has('version') || words.has('info')))
    clues.push(clue('rollout', 5, `different values of ${metric} side by side`));
  if (functions.includes('count_values')) clues.push(clue('consistency', 3, `values of ${metric} differ`));
  return clues;
}

const WELL =
  /(?:^|_)(?:health|healthy|ready|online|alive|live|running|connected|reachable|available|active|leader|status|state)$/i;

/** A gauge of well-being that is at nought. */
function cluesOfState({ metric, compared, functions }: Measure, words: ReadonlySet<string>): Clue[] {
  if (compared === null || functions.some((name) => /rate|increase|delta|deriv/.test(name))) return [];
  const low =
    compared.op.startsWith('<') ||
    (compared.op === '==' && compared.bound === 0) ||
    (compared.op === '!=' && compared.bound === 1);
  if (low && WELL.test(metric)) return [clue('unavailable', 4, `${metric} says that it is not well`)];
  if (low && (words.has('success') || words.has('successful')))
    return [clue('errors', 1, `${metric} says that it did not succeed`)];
  return [];
}

const COUNTED = [
  'index',
  'document',
  'request',
  'queri',
  'invocation',
  'operation',
  'hit',
  'messag',
  'call',
  'connection',
];
const TROUBLE = [
  'error',
  'err',
  'fail',
  'failur',
  'drop',
  'reject',
  'abort',
  'timeout',
  'termination',
  'deni',
  'slow',
  'retri',
];

/** A rate of work that is too high or too low, of whatever outcome. */
function cluesOfAmount(measure: Measure, words: ReadonlySet<string>): Clue[] {
  const { metric, functions, share, compared } = measure;
  if (compared === null || share || !functions.some((name) => /^(?:rate|irate|increase|delta)$/.test(name))) return [];
  const counted = COUNTED.some((one) => words.has(one)) && !TROUBLE.some((one) => words.has(one));
  // A filter by outcome asks about the outcome, not about how much there is.
  if (
    !counted ||
    measure.matchers.some(({ label }) => OUTCOME_LABEL.test(label)) ||
    functions.includes('histogram_quantile')
  )
    return [];
  return [clue('traffic', 5, `how much arrives, by ${metric}, is compared with a bound`)];
}

/** What two metrics of one expression say together. */
function cluesOfPairs(measures: readonly Measure[]): Clue[] {
  const clues: Clue[] = [];
  for (const subject of measures.filter(({ role }) => role === 'subject')) {
    const words = stemsOf(subject.metric);
    const base = measures.find(({ role, metric }) => role === 'base' && shareStart(metric, subject.metric));
    if (subject.share && base !== undefined && words.some((word) => TROUBLE.includes(word)))
      clues.push(clue('errors', 2, `the share of ${subject.metric} in ${base.metric}`));
    const limit = measures.find(({ role }) => role === 'limit');
    if (
      limit !== undefined &&
      /replicas|pods|desired/.test(subject.metric) &&
      /replicas|pods|desired/.test(limit.metric)
    )
      clues.push(
        clue('unavailable', 2, `${subject.metric} is not ${limit.metric}`),
        clue('rollout', 1.5, `${subject.metric} is not ${limit.metric}`),
      );
  }
  return clues;
}

function shareStart(a: string, b: string): boolean {
  const start = b.split('_').slice(0, 2).join('_');
  return a === b || a.startsWith(start);
}

function clue(alertClass: AlertClass, weight: number, because: string): Clue {
  return { class: alertClass, weight, because };
}

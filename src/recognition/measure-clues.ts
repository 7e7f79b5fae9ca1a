import { type Clue, strongest } from './clue.ts';
import type { Expression, Measure, Role } from './expression.ts';
import type { Knowledge } from './knowledge.ts';
import { cluesOfShape } from './shape.ts';
import { stemsOf } from './words.ts';

/** How much a metric says by the part that it plays. */
const ROLE_WEIGHTS: Readonly<Record<Role, number>> = { subject: 1, limit: 0.35, base: 0.3, guard: 0.15 };
const FAMILY_WEIGHT = 5;
const BROAD_FAMILY_WEIGHT = 2.5;
/** Words of a metric's name: beside what its family says, and alone. */
const NAME_WORDS = { known: 0.5, unknown: 1 } as const;
const FILTER_WORDS = 0.7;
const STATE_FILTER_WORDS = 1.4;
/** What fails inside the monitoring is a matter of the monitoring. */
const ERRORS_OF_MONITORING = 0.5;

/** What the expression says: by its shape, by what its metrics measure, by the words in their names and filters. */
export function cluesOfExpression(expression: Expression, knowledge: Knowledge): Clue[] {
  const { measures } = expression;
  const clues = [
    ...strongest(cluesOfShape(expression, knowledge.familyOf)),
    ...strongest(measures.flatMap((measure) => cluesOfFamily(measure, knowledge))),
    ...strongest(measures.flatMap((measure) => cluesOfName(measure, knowledge))),
    ...strongest(measures.flatMap((measure) => cluesOfFilterWords(measure, knowledge))),
  ];
  if (!measures.some(({ role, metric }) => role === 'subject' && isMonitoring(metric, knowledge))) return clues;
  return clues.map((clue) =>
    clue.class === 'errors' ? { ...clue, weight: clue.weight * ERRORS_OF_MONITORING } : clue,
  );
}

function isMonitoring(metric: string, { familyOf }: Knowledge): boolean {
  const family = familyOf(metric);
  return family !== null && !family.broad && family.classes.length === 1 && family.classes[0] === 'telemetry';
}

function cluesOfFamily(measure: Measure, { familyOf }: Knowledge): Clue[] {
  const { metric, role } = measure;
  const family = familyOf(metric);
  if (family === null) return [];
  const weight = (family.broad ? BROAD_FAMILY_WEIGHT : FAMILY_WEIGHT) * ROLE_WEIGHTS[role];
  return family.classes
    .filter((alertClass) => alertClass !== 'latency' || !onlyCounts(measure))
    .map((alertClass) => ({ class: alertClass, weight, because: `${metric} of ${family.exporter}` }));
}

function cluesOfName(measure: Measure, knowledge: Knowledge): Clue[] {
  const { metric, role } = measure;
  const scale = (knowledge.familyOf(metric)?.broad ?? true) ? NAME_WORDS.unknown : NAME_WORDS.known;
  // That a metric only carries labels is no notice.
  const text = metric.replace(/_info$/, '');
  const clues = cluesOfWords(text, scale * ROLE_WEIGHTS[role], `metric ${metric}:`, knowledge);
  return onlyCounts(measure) ? clues.filter((clue) => clue.class !== 'latency') : clues;
}

/** The count of a histogram of durations says how many there were, not how long they took. */
function onlyCounts({ metric }: Measure): boolean {
  return metric.endsWith('_count');
}

/** Labels that say where something is, not what is wrong; a phase is judged by the shape. */
const WHERE_LABELS =
  /^(?:phase|job|namespace|instance|container|pod|node|cluster|service|endpoint|fstype|device|mountpoint|metrics_path|handler|route|path|uri|le|quantile|id|topic|alertmanager|interface|url|host|tenant|env|environment)$/;
/** Labels that say in which state something is: the metric only counts them. */
const STATE_LABELS = /^(?:condition|reason|state|status|health_status|sync_status)$/;

function cluesOfFilterWords({ matchers, role }: Measure, knowledge: Knowledge): Clue[] {
  return matchers
    .filter(({ label, negative }) => !negative && !WHERE_LABELS.test(label))
    .flatMap(({ label, value }) => {
      const scale = STATE_LABELS.test(label) ? STATE_FILTER_WORDS : FILTER_WORDS;
      return cluesOfWords(value, scale * ROLE_WEIGHTS[role], `filter ${label}:`, knowledge);
    });
}

/** What the phrases of a text mean. */
export function cluesOfWords(text: string, scale: number, source: string, { phrasesIn }: Knowledge): Clue[] {
  return phrasesIn(stemsOf(text)).flatMap(({ phrase, meanings }) =>
    meanings.map(
      ({ class: alertClass, weight }): Clue => ({
        class: alertClass,
        weight: weight * scale,
        because: `${source} "${phrase}"`,
      }),
    ),
  );
}

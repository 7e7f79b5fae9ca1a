import { parser } from '@prometheus-io/lezer-promql';
import type { Measure } from '../domain/plan.ts';
import type { VerificationRule } from '../domain/policy.ts';
import type { Subject } from '../domain/subject.ts';
import { escapeRegex, podPattern, promqlString } from '../domain/workload-series.ts';

/**
 * What a verification query may name: the workload that is changed, and the one whose users feel it. `$pods` and `$felt_pods` are regular
 * expressions, so they stand after `=~` or `!~`.
 */
export const TEMPLATE_NAMES = [
  'namespace',
  'workload',
  'pods',
  'felt_namespace',
  'felt_workload',
  'felt_pods',
] as const;
type TemplateName = (typeof TEMPLATE_NAMES)[number];

type Named = Pick<Subject, 'kind' | 'namespace' | 'name'>;
const FELT = 'felt_';
const NAMES_TEXT = TEMPLATE_NAMES.map((name) => `$${name}`).join(', ');

/** A place to fill, with the way in which the matcher around it reads the text. */
interface Slot {
  readonly name: TemplateName;
  readonly from: number;
  readonly to: number;
  readonly regex: boolean;
}

interface Matcher {
  readonly from: number;
  readonly to: number;
  readonly regex: boolean;
}

/** Why a query cannot be used; empty when it can. */
export function templateProblems(template: string): readonly string[] {
  return readTemplate(template).problems;
}

/** The query for one workload. Values are names that Kubernetes gave, escaped for where they stand: none can leave its string. */
export function fillTemplate(template: string, subject: Named, feltBy: Named = subject): string {
  return fill(template, (slot) => (isFelt(slot) ? feltBy : subject));
}

/** The two queries of a measure for another workload whose users feel the cause; null where the plan is of before they were kept. */
export function measureFeltBy({ elsewhere }: Measure, feltBy: Named): Pick<Measure, 'indicator' | 'traffic'> | null {
  if (elsewhere === undefined) return null;
  const filled = (template: string) => fill(template, (slot) => (isFelt(slot) ? feltBy : null));
  return { indicator: filled(elsewhere.indicator), traffic: filled(elsewhere.traffic) };
}

function fill(template: string, valueOf: (slot: Slot) => Named | null): string {
  const { slots } = readTemplate(template);
  return slots.toReversed().reduce((query, slot) => {
    const value = valueOf(slot);
    if (value === null) return query;
    const inside = promqlString(slotText(slot, value)).slice(1, -1);
    return query.slice(0, slot.from) + inside + query.slice(slot.to);
  }, template);
}

function isFelt({ name }: Slot): boolean {
  return name.startsWith(FELT);
}

/** The rule as a plan keeps it: its queries filled in for this workload, and for the one whose users feel it. */
export function renderMeasure(
  rule: VerificationRule,
  workload: { readonly subject: Subject },
  feltBy: Subject = workload.subject,
): Measure {
  const filled = (template: string) => fillTemplate(template, workload.subject, feltBy);
  const open = (template: string) => fill(template, (slot) => (isFelt(slot) ? null : workload.subject));
  return {
    indicator: filled(rule.indicator),
    unit: rule.unit,
    goodAtMost: rule.goodAtMost,
    traffic: filled(rule.traffic),
    minimumTraffic: rule.minimumTraffic,
    holdMs: rule.hold,
    deadlineMs: rule.deadline,
    settleMs: rule.settle,
    worseFactor: rule.worseFactor,
    neighbours: rule.neighbours === undefined ? null : filled(rule.neighbours),
    elsewhere: { indicator: open(rule.indicator), traffic: open(rule.traffic) },
  };
}

function slotText({ name, regex }: Slot, subject: Named): string {
  const word = name.startsWith(FELT) ? name.slice(FELT.length) : name;
  if (word === 'pods') return podPattern(subject);
  const value = word === 'namespace' ? subject.namespace : subject.name;
  return regex ? escapeRegex(value) : value;
}

function readTemplate(template: string): { slots: Slot[]; problems: string[] } {
  const { matchers, errorAt } = readSyntax(template);
  if (errorAt !== null) {
    return { slots: [], problems: [`not PromQL, at ${JSON.stringify(template.slice(errorAt, errorAt + 30))}`] };
  }
  const slots: Slot[] = [];
  const problems: string[] = [];
  for (const found of template.matchAll(/\$([A-Za-z_]\w*)/g)) {
    const [text, word] = found;
    const name = TEMPLATE_NAMES.find((known) => known === word);
    const from = found.index;
    const matcher = matchers.find((one) => one.from < from && from < one.to);
    if (name === undefined) problems.push(`${text} is not known; allowed: ${NAMES_TEXT}`);
    else if (matcher === undefined) problems.push(`${text} stands outside of a label matcher in double quotes`);
    else if (name.endsWith('pods') && !matcher.regex)
      problems.push(`${text} is a regular expression; write pod=~"${text}"`);
    else slots.push({ name, from, to: from + text.length, regex: matcher.regex });
  }
  return { slots, problems };
}

/** Values of label matchers in double quotes (the quotes included), and where the text stops being PromQL. */
function readSyntax(query: string): { matchers: Matcher[]; errorAt: number | null } {
  const matchers: Matcher[] = [];
  let errorAt: number | null = null;
  parser.parse(query).iterate({
    enter(node) {
      if (node.type.isError) errorAt ??= node.from;
      if (node.name !== 'UnquotedLabelMatcher' && node.name !== 'QuotedLabelMatcher') return;
      const value = node.node.getChild('StringLiteral');
      const operator = node.node.getChild('MatchOp');
      if (value === null || operator === null || query[value.from] !== '"') return;
      const regex = query.slice(operator.from, operator.to).includes('~');
      matchers.push({ from: value.from, to: value.to, regex });
    },
  });
  return { matchers, errorAt };
}

import type { Signal } from '../domain/signal.ts';
import type { AlertRule } from '../ports/metrics.ts';
import type { AlertText } from './recognise.ts';

/** What an alert says about itself, as it was delivered. */
export type DeliveredAlert = Pick<Signal, 'name' | 'labels' | 'annotations' | 'generatorUrl'>;

/** The alert with the expression behind it: by its rule, else by the link back to Prometheus; without either, its text alone. */
export function alertTextOf(alert: DeliveredAlert, rules: readonly AlertRule[]): AlertText {
  const linked = expressionOf(alert.generatorUrl);
  const rule = ruleOf(alert, linked, rules);
  return {
    name: alert.name,
    expression: rule?.expression ?? linked,
    // The rule's own text has no names of pods in it, which could be taken for words.
    sentences: sentencesIn(rule?.annotations ?? alert.annotations),
  };
}

/** The rule by name; of several the one with this expression, else the one whose labels the alert carries. */
function ruleOf({ name, labels }: DeliveredAlert, linked: string, rules: readonly AlertRule[]): AlertRule | undefined {
  const named = rules.filter((rule) => rule.name === name);
  const exact = linked === '' ? undefined : named.find(({ expression }) => squeezed(expression) === squeezed(linked));
  return (
    exact ?? named.find((rule) => Object.entries(rule.labels).every(([key, value]) => carries(labels, key, value)))
  );
}

function carries(labels: Readonly<Record<string, string>>, key: string, value: string): boolean {
  return labels[key] === value || value.includes('{{');
}

function squeezed(expression: string): string {
  return expression.replace(/\s+/g, '');
}

/** `g0.expr` of the link that Prometheus puts into an alert; empty where there is none. */
export function expressionOf(generatorUrl: string): string {
  const query = generatorUrl.indexOf('?');
  if (query < 0) return '';
  return new URLSearchParams(generatorUrl.slice(query + 1)).get('g0.expr') ?? '';
}

/** Links are no sentences, and what a template fills in says nothing about the rule. */
function sentencesIn(annotations: Readonly<Record<string, string>>): string[] {
  return Object.entries(annotations)
    .filter(([key, text]) => !/url|link|runbook|dashboard/i.test(key) && !/^https?:/.test(text))
    .map(([, text]) => text.replace(/\{\{[^{}]*\}\}/g, ' '));
}

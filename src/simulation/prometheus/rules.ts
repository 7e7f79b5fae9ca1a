import type { Expr } from '../promql/ast.ts';
import { evaluateInstant } from '../promql/evaluate.ts';
import { parseDurationMs } from '../promql/literals.ts';
import { parsePromql } from '../promql/parse.ts';
import type { Labels } from '../tsdb/labels.ts';
import { dropMetricName, labelsKey, METRIC_NAME, makeLabels } from '../tsdb/labels.ts';
import type { SampleStore } from '../tsdb/store.ts';
import { expandTemplate } from './templates.ts';

/** The parsed content of a Prometheus rule file. */
export interface RuleFile {
  groups: readonly RuleGroup[];
}

export interface RuleGroup {
  name: string;
  interval?: string;
  rules: readonly Rule[];
}

export interface Rule {
  alert?: string;
  record?: string;
  expr: string | number;
  for?: string;
  keep_firing_for?: string;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
}

export interface ActiveAlert {
  labels: Labels;
  annotations: Labels;
  state: 'pending' | 'firing' | 'inactive';
  value: number;
  activeAtMs: number;
  firedAtMs?: number;
  resolvedAtMs?: number;
  keepFiringSinceMs?: number;
  lastSentMs?: number;
}

export interface LoadedRule {
  source: Rule;
  name: string;
  text: string;
  expr: Expr;
  forMs: number;
  keepFiringForMs: number;
  active: Map<string, ActiveAlert>;
  health: 'unknown' | 'ok' | 'err';
  lastError: string;
  lastEvaluationMs: number;
}

export interface LoadedGroup {
  name: string;
  intervalMs: number;
  rules: LoadedRule[];
  lastEvaluationMs: number;
}

/** How long a resolved alert is still told to Alertmanager (Prometheus, rules/alerting.go). */
export const RESOLVED_RETENTION_MS = 900_000;

/** Throws an Error that names group and rule when an expression or a duration cannot be read. */
export function loadRules(files: readonly RuleFile[], defaultIntervalMs: number): LoadedGroup[] {
  return files.flatMap((file) =>
    file.groups.map((group) => ({
      name: group.name,
      intervalMs: durationMs(group.interval, defaultIntervalMs, group.name, 'interval'),
      rules: group.rules.map((rule) => loadRule(rule, group.name)),
      lastEvaluationMs: 0,
    })),
  );
}

function durationMs(text: string | undefined, otherwise: number, place: string, field: string): number {
  if (text === undefined) return otherwise;
  const ms = parseDurationMs(text);
  if (ms === undefined)
    throw new Error(`${place}: ${field} ${JSON.stringify(text)} is no duration, write for example 1m`);
  return ms;
}

function loadRule(source: Rule, group: string): LoadedRule {
  const name = source.alert ?? source.record;
  if (name === undefined) throw new Error(`group ${group}: a rule needs either "alert" or "record"`);
  const place = `group ${group}, rule ${name}`;
  const text = String(source.expr).trim();
  let expr: Expr;
  try {
    expr = parsePromql(text);
  } catch (error) {
    throw new Error(`${place}: could not parse expression: ${(error as Error).message}`, { cause: error });
  }
  return {
    source,
    name,
    text,
    expr,
    forMs: durationMs(source.for, 0, place, 'for'),
    keepFiringForMs: durationMs(source.keep_firing_for, 0, place, 'keep_firing_for'),
    active: new Map(),
    health: 'unknown',
    lastError: '',
    lastEvaluationMs: 0,
  };
}

/** Evaluates one group at this moment: records series, moves alerts between pending, firing and resolved. */
export function evaluateGroup(group: LoadedGroup, nowMs: number, store: SampleStore): void {
  group.lastEvaluationMs = nowMs;
  for (const rule of group.rules) {
    rule.lastEvaluationMs = nowMs;
    try {
      if (rule.source.alert === undefined) record(rule, nowMs, store);
      else alert(rule, nowMs, store);
      rule.health = 'ok';
      rule.lastError = '';
    } catch (error) {
      rule.health = 'err';
      rule.lastError = error instanceof Error ? error.message : String(error);
    }
  }
}

function results(rule: LoadedRule, nowMs: number, store: SampleStore): { labels: Labels; value: number }[] {
  const value = evaluateInstant(rule.expr, nowMs, { store });
  if (value.type === 'scalar') return [{ labels: makeLabels([]), value: value.value }];
  return value.type === 'vector' ? [...value.elements] : [];
}

function record(rule: LoadedRule, nowMs: number, store: SampleStore): void {
  for (const { labels, value } of results(rule, nowMs, store)) {
    const own = { ...labels, ...rule.source.labels, [METRIC_NAME]: rule.name };
    store.series(own).append(nowMs, value);
  }
}

function alert(rule: LoadedRule, nowMs: number, store: SampleStore): void {
  const seen = new Set<string>();
  for (const { labels: found, value } of results(rule, nowMs, store)) {
    const data = { labels: dropMetricName(found), value };
    const expand = (texts: Readonly<Record<string, string>> = {}): [string, string][] =>
      Object.entries(texts).map(([name, text]) => [name, expandTemplate(text, data)]);
    const labels = makeLabels(
      Object.entries({ ...data.labels, ...Object.fromEntries(expand(rule.source.labels)), alertname: rule.name }),
    );
    const annotations = makeLabels(expand(rule.source.annotations));
    const key = labelsKey(labels);
    if (seen.has(key)) throw new Error('vector contains metrics with the same labelset after applying alert labels');
    seen.add(key);
    const known = rule.active.get(key);
    if (known === undefined || known.state === 'inactive') {
      rule.active.set(key, { labels, annotations, state: 'pending', value, activeAtMs: nowMs });
    } else {
      known.value = value;
      known.annotations = annotations;
      delete known.keepFiringSinceMs;
    }
  }
  for (const [key, active] of rule.active) moveAlert(rule, key, active, seen.has(key), nowMs);
  for (const active of rule.active.values()) writeAlertSeries(active, nowMs, store);
}

function moveAlert(rule: LoadedRule, key: string, active: ActiveAlert, present: boolean, nowMs: number): void {
  if (present) {
    if (active.state !== 'pending' || nowMs - active.activeAtMs < rule.forMs) return;
    active.state = 'firing';
    active.firedAtMs = nowMs;
    return;
  }
  if (active.state === 'firing' && rule.keepFiringForMs > 0) {
    active.keepFiringSinceMs ??= nowMs;
    if (nowMs - active.keepFiringSinceMs < rule.keepFiringForMs) return;
  }
  const isOver = active.resolvedAtMs !== undefined && nowMs - active.resolvedAtMs > RESOLVED_RETENTION_MS;
  if (active.state === 'pending' || isOver) {
    rule.active.delete(key);
  } else if (active.state === 'firing') {
    active.state = 'inactive';
    active.resolvedAtMs = nowMs;
  }
}

function writeAlertSeries(active: ActiveAlert, nowMs: number, store: SampleStore): void {
  for (const state of ['pending', 'firing'] as const) {
    const labels = { ...active.labels, [METRIC_NAME]: 'ALERTS', alertstate: state };
    if (active.state === state) store.series(labels).append(nowMs, 1);
    else if (active.firedAtMs === nowMs || active.resolvedAtMs === nowMs) store.series(labels).markStale(nowMs);
  }
}

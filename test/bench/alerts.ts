import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { Signal } from '../../src/domain/signal.ts';
import { observe } from '../../src/intake/observation.ts';
import { createAlertReader } from '../../src/intake/read-alerts.ts';
import type { AlertRule } from '../../src/ports/metrics.ts';
import { createAlertRecogniser } from '../../src/recognition/index.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import type { Bench, BenchOptions } from './figure.ts';

/** A rule of one of the sets: those of the mixins carry labels and annotations, the others a severity and a description. */
const Rule = z.looseObject({
  alert: z.string(),
  expr: z.string(),
  severity: z.string().nullish(),
  description: z.string().nullish(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
type Rule = z.infer<typeof Rule>;
const Truth = z.object({ source: z.string(), n: z.number().int(), classes: z.array(z.string()) });
const FILES: Readonly<Record<string, string>> = {
  'kube-prometheus': 'kube_prometheus.jsonl',
  'awesome-prometheus-alerts': 'awesome.jsonl.gz',
};
const LIMITS = { maxAlertsPerBody: 10, maxLabelsPerAlert: 64, maxLabelBytes: 16_384 };
const HIDDEN_NAME = 'Alert';
const NOW = Date.parse('2026-11-27T12:00:00Z');

export const bench: Bench = {
  name: 'alerts',
  summary: 'real alert rules recognised by what they mean, by name and with the name hidden (needs --data)',
  async run(options) {
    const { data, out, emit, progress } = options;
    if (data === undefined) {
      progress('nothing to read: give --data DIR, the folder that holds alerts/dev');
      process.exitCode = 2;
      return;
    }
    const folder = join(data, 'alerts', 'dev');
    const rules = Object.fromEntries(
      Object.entries(FILES).map(([source, file]) => [source, linesOf(join(folder, file), Rule)]),
    );
    const truths = linesOf(join(folder, 'classes.jsonl'), Truth);
    progress(`${truths.length} labelled rules`);
    const named = await classesOf(truths, rules, false);
    const unnamed = await classesOf(truths, rules, true);
    tell(emit, named, '');
    tell(emit, unnamed, '_unnamed');
    if (out !== undefined) {
      const lines = named.map(({ truth, answer }) =>
        JSON.stringify({ source: truth.source, n: truth.n, class: answer }),
      );
      writeFileSync(out, `${lines.join('\n')}\n`);
    }
  },
};

interface Answer {
  readonly truth: z.infer<typeof Truth>;
  readonly answer: string;
}

async function classesOf(
  truths: readonly z.infer<typeof Truth>[],
  rules: Readonly<Record<string, readonly Rule[]>>,
  hidden: boolean,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const truth of truths) {
    const rule = rules[truth.source]?.[truth.n];
    if (rule === undefined) throw new Error(`no rule ${truth.n} in ${truth.source}`);
    answers.push({ truth, answer: await classOf(hidden ? { ...rule, alert: HIDDEN_NAME } : rule) });
  }
  return answers;
}

/** The way of a delivered alert: the body as Alertmanager sends it, parsed and redacted by intake, then recognised beside its rule. */
async function classOf(rule: Rule): Promise<string> {
  const reader = createAlertReader({
    redactor: createRedactor(),
    limits: LIMITS,
    watchdogName: null,
    newId: randomUUID,
  });
  const [observed] = observe(reader.read(JSON.stringify(bodyOf(rule))).columns, NOW, () => null);
  if (observed === undefined || !('text' in observed.signal)) throw new Error('the body holds no alert');
  const { text, ...head } = observed.signal;
  const signal = Signal.parse({ ...(JSON.parse(text) as object), ...head, incidentId: null });
  const metrics = { alertRules: () => Promise.resolve([ruleOf(rule)]) };
  const [recognised] = await createAlertRecogniser({ metrics, now: () => NOW }).recognise([signal]);
  return recognised?.class ?? 'unknown';
}

function ruleOf(rule: Rule): AlertRule {
  return {
    name: rule.alert,
    group: 'bench',
    expression: rule.expr,
    forMs: 0,
    labels: labelsOf(rule),
    annotations: annotationsOf(rule),
  };
}

function labelsOf({ labels, severity }: Rule): Record<string, string> {
  return labels ?? (severity === null || severity === undefined ? {} : { severity });
}

function annotationsOf({ annotations, description }: Rule): Record<string, string> {
  return annotations ?? (description === null || description === undefined ? {} : { description });
}

function bodyOf(rule: Rule): unknown {
  const labels = { alertname: rule.alert, ...labelsOf(rule) };
  const annotations = Object.fromEntries(
    Object.entries(annotationsOf(rule)).map(([key, text]) => [key, filledIn(text)]),
  );
  return {
    version: '4',
    status: 'firing',
    receiver: 'hale',
    groupKey: '{}',
    truncatedAlerts: 0,
    groupLabels: {},
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: 'http://alertmanager.example',
    alerts: [
      {
        status: 'firing',
        labels,
        annotations,
        startsAt: '2026-11-27T11:58:00Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: `http://prometheus.example/graph?g0.expr=${encodeURIComponent(rule.expr)}&g0.tab=1`,
        fingerprint: '752f2388a83769bd',
      },
    ],
  };
}

/** As Prometheus would: a label by a value, anything else by a number. */
function filledIn(text: string): string {
  return text.replace(/\{\{\s*\$labels\.(\w+)[^{}]*\}\}/g, '$1-1').replace(/\{\{[^{}]*\}\}/g, '7');
}

function tell(emit: BenchOptions['emit'], answers: readonly Answer[], suffix: string): void {
  const right = answers.filter(({ truth, answer }) => truth.classes.includes(answer)).length;
  const unknown = answers.filter(({ answer }) => answer === 'unknown').length;
  const share = (count: number) => Number((count / answers.length).toFixed(4));
  emit({
    bench: 'alerts',
    figure: `right${suffix}`,
    value: share(right),
    unit: 'share',
    better: 'higher',
    must: 0.8,
    aim: 0.95,
  });
  emit({
    bench: 'alerts',
    figure: `wrong${suffix}`,
    value: share(answers.length - right - unknown),
    unit: 'share',
    better: 'lower',
    must: 0.08,
    aim: 0.02,
  });
}

function linesOf<T>(file: string, schema: z.ZodType<T>): T[] {
  const bytes = readFileSync(file);
  const text = file.endsWith('.gz') ? gunzipSync(bytes).toString('utf8') : bytes.toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => schema.parse(JSON.parse(line)));
}

// The reference pages, generated from the schemas and tables that the code itself uses. A test compares them with docs/reference.
import { z } from 'zod';
import { DETECTORS } from '../detectors/index.ts';
import { REMEDIATIONS } from '../remediations/index.ts';
import { SKILLS } from '../skills/index.ts';
import { ConfigFile } from '../src/config/schema.ts';
import { ALERT_CLASSES } from '../src/domain/alert-class.ts';
import { AUDIT_KINDS } from '../src/domain/audit-event.ts';
import { CALL_KINDS, CALL_SOURCES, NODE_KINDS } from '../src/domain/call-graph.ts';
import { ERROR_CODES } from '../src/domain/errors.ts';
import { EVIDENCE_KINDS } from '../src/domain/evidence.ts';
import { MODES } from '../src/domain/mode.ts';
import { OBLIGATION_KINDS } from '../src/domain/obligation.ts';
import { permissionName } from '../src/domain/permission.ts';
import { Policy } from '../src/domain/policy.ts';
import { REASONS } from '../src/domain/reason.ts';
import { SIGNAL_KINDS } from '../src/domain/signal.ts';
import { GATE_REASONS } from '../src/domain/verdict.ts';
import { GATES } from '../src/gates/index.ts';
import { METRICS } from '../src/telemetry/metrics.ts';
import { DUTIES } from '../src/workflow/obligations/index.ts';
import { PHASE_TABLE } from '../src/workflow/phases/index.ts';

const GENERATED = '<!-- Written by `npm run docs` from the schemas; change those. -->';

/** Every generated page by its path under docs/. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['reference/workflow.md', workflowPage()],
    ['reference/gates.md', gatesPage()],
    ['reference/plug-ins.md', plugInsPage()],
    ['reference/lists.md', listsPage()],
    ['reference/configuration.md', configurationPage()],
    ['reference/policy.md', policyPage()],
    ['errors.md', errorsPage()],
    ['metrics.md', metricsPage()],
  ]);
}

function workflowPage(): string {
  const phases = Object.entries(PHASE_TABLE).map(([phase, { does, leadsTo }]) => [
    `\`${phase}\``,
    does,
    leadsTo.map((next) => `\`${next}\``).join(' '),
  ]);
  const duties = Object.entries(DUTIES).map(([kind, { does }]) => [`\`${kind}\``, does]);
  return page('Workflow', [
    'An incident is always in one phase. A tick runs the one function of that phase and commits; nothing else moves it.',
    table(['phase', 'does', 'leads to'], phases),
    '## Obligations',
    'What outlives a phase, or the incident itself.',
    table(['obligation', 'how it is met'], duties),
  ]);
}

function gatesPage(): string {
  return page('Gates', [
    'Every reason not to act, in the order in which they are told. All of them run on facts collected once; missing data holds, a gate that throws denies.',
    table(
      ['gate', 'stops when', 'judges'],
      GATES.map((gate) => [`\`${gate.id}\``, gate.summary, gate.appliesTo.join(', ')]),
    ),
    '## Reasons',
    table(
      ['reason', 'example'],
      Object.entries(GATE_REASONS).map(([reason, example]) => [`\`${reason}\``, example]),
    ),
  ]);
}

function plugInsPage(): string {
  const needs = (permissions: readonly Parameters<typeof permissionName>[0][]): string =>
    permissions.map((permission) => `\`${permissionName(permission)}\``).join(', ') || 'nothing beyond reading';
  return page('Detectors, remediations and skills', [
    '## Detectors',
    table(
      ['detector', 'listens to', 'needs'],
      [...DETECTORS.values()].map((detector) => [
        `[\`${detector.id}\`](../../detectors/${detector.id}/README.md)`,
        detector.listensTo.join(', '),
        needs(detector.needs),
      ]),
    ),
    '## Remediations',
    table(
      ['remediation', 'does', 'handles', 'risk', 'evidence first', 'needs'],
      [...REMEDIATIONS.values()].map((item) => [
        `[\`${item.id}\`](../../remediations/${item.id}/README.md)`,
        item.summary,
        item.handles.join(', '),
        item.risk,
        item.evidence.join(', '),
        needs(item.needs),
      ]),
    ),
    '## Skills',
    table(
      ['skill', 'does', 'needs'],
      [...SKILLS.values()].map(({ id, summary, needs: wanted }) => [
        `[\`${id}\`](../../skills/${id}/SKILL.md)`,
        summary,
        needs(wanted),
      ]),
    ),
  ]);
}

function listsPage(): string {
  const reasons = Object.entries(REASONS).map(([reason, { role, meaning, example, lever }]) => [
    `\`${reason}\``,
    role,
    meaning,
    example,
    lever,
  ]);
  return page('Closed lists', [
    'Nothing outside these lists is ever stored or shown as one of them.',
    '## What can be found',
    table(['reason', 'role', 'meaning', 'example', 'lever of a person'], reasons),
    '## Signals',
    table(['kind', 'example'], entries(SIGNAL_KINDS)),
    '## Classes of alerts',
    'What an alert means, by its expression and text. What fits none clearly is `unknown`.',
    table(['class', 'what belongs to it'], entries(ALERT_CLASSES)),
    '## Evidence',
    table(['kind', 'is'], entries(EVIDENCE_KINDS)),
    '## Ends of a call',
    table(['kind', 'example'], entries(NODE_KINDS)),
    '## Kinds of call',
    table(['kind', 'example'], entries(CALL_KINDS)),
    '## How a call is known',
    table(['source', 'example'], entries(CALL_SOURCES)),
    '## Obligations',
    table(['kind', 'means'], entries(OBLIGATION_KINDS)),
    '## Audit events',
    table(['kind', 'means'], entries(AUDIT_KINDS)),
    '## Modes',
    `From least to most: ${MODES.map((mode) => `\`${mode}\``).join(', ')}.`,
  ]);
}

function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, facts]) => [
    `\`${code}\``,
    facts.level,
    facts.retryable ? 'yes' : 'no',
    String(facts.exit),
    facts.meaning,
  ]);
  return page('Errors', [
    'Every error that Hale raises carries one of these codes. `exit` is the exit code of the command line.',
    table(['code', 'level', 'retry', 'exit', 'meaning'], rows),
  ]);
}

function metricsPage(): string {
  const rows = Object.entries(METRICS).map(([name, { type, labels, help }]) => [
    `\`${name}\``,
    type,
    labels.join(', '),
    help,
  ]);
  return page('Metrics', [
    'What `GET /metrics` exposes of Hale itself, beside the defaults of the Node client (`process_*`, `nodejs_*`).',
    table(['metric', 'type', 'labels', 'is'], rows),
  ]);
}

function configurationPage(): string {
  return page('Configuration keys', [
    'Strict: an unknown key is refused. Durations are written like `90s`, `10m`, `2h`, `1d`. A key that ends in `Env` names an environment variable, one in `File` a file.',
    table(['key', 'takes', 'default'], rowsOf(z.toJSONSchema(ConfigFile, { io: 'input', unrepresentable: 'any' }), '')),
  ]);
}

function policyPage(): string {
  return page('Policy keys', [
    'One YAML document per policy.',
    table(['key', 'takes', 'default'], rowsOf(z.toJSONSchema(Policy, { io: 'input', unrepresentable: 'any' }), '')),
  ]);
}

type Schema = z.core.JSONSchema.BaseSchema;

function rowsOf(schema: Schema, path: string): string[][] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    if (typeof value === 'boolean') return [];
    const name = path === '' ? key : `${path}.${key}`;
    const items = typeof value.items === 'object' && !Array.isArray(value.items) ? value.items : undefined;
    if (value.properties) return rowsOf(value, name);
    if (items?.properties) return rowsOf(items, `${name}[]`);
    return [[`\`${name}\``, typeText(value), required.has(key) ? 'required' : defaultText(value)]];
  });
}

function typeText(schema: Schema): string {
  if (schema.enum) return schema.enum.map((item) => `\`${String(item)}\``).join(', ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.anyOf)
    return schema.anyOf.map((item) => (typeof item === 'boolean' ? 'anything' : typeText(item))).join(' or ');
  if (schema.type === 'array' && typeof schema.items === 'object' && !Array.isArray(schema.items))
    return `list of ${typeText(schema.items)}`;
  if (schema.type === 'object') return 'map';
  const range = [
    schema.minimum === undefined ? '' : `from ${schema.minimum}`,
    schema.maximum === undefined || schema.maximum > 2 ** 52 ? '' : `to ${schema.maximum}`,
  ]
    .filter(Boolean)
    .join(' ');
  const pattern = schema.pattern?.includes('(s|m|h|d)') ? ', a duration' : '';
  return `${String(schema.type ?? 'anything')}${pattern}${range ? ` ${range}` : ''}`;
}

function defaultText(schema: Schema): string {
  return schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``;
}

function entries(list: Readonly<Record<string, string>>): string[][] {
  return Object.entries(list).map(([key, text]) => [`\`${key}\``, text]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function page(title: string, parts: readonly string[]): string {
  return `${[`# ${title}`, GENERATED, ...parts].join('\n\n')}\n`;
}

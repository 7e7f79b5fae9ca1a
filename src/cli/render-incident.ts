import { type Cause, changeText } from '../domain/finding.ts';
import { currentPlan } from '../domain/incident.ts';
import { subjectName } from '../domain/subject.ts';
import type { IncidentDossier } from '../operations/results.ts';
import { barChart } from './chart.ts';
import { renderChain } from './render-chain.ts';
import { clockTime, moment, paint, type Screen, span, table, wrap } from './text.ts';

const CHART_ROWS = 6;
const CHART_COLUMNS = 60;
/** What the axis takes of a narrow screen. */
const AXIS_COLUMNS = 12;
/** What time and kind take beside a query, and the least that is shown of it. */
const EVIDENCE_COLUMNS = 32;
const MIN_QUERY = 16;
/** Newest events shown; all of them are in `--json`. */
const EVENTS_SHOWN = 24;

/** One screen at 3 a.m.: what it is, why, what was done, what was refused, how users are, what comes next. */
export function renderIncident(screen: Screen, dossier: IncidentDossier): string[] {
  const { now, incident, lever } = dossier;
  const ended = incident.closedAt ?? now;
  const head = `${paint(screen, 'strong', incident.title)}  [${incident.phase} for ${span(now - incident.phaseSince)}]`;
  return [
    head,
    `${incident.id}  opened ${moment(incident.openedAt)}, ${span(ended - incident.openedAt)}${incident.subject ? `, ${subjectName(incident.subject)}` : ''}`,
    ...(incident.outcome ? ['', ...wrap(`=> ${incident.outcome}`, screen.width)] : []),
    ...section(screen, 'alerts', alerts(screen, dossier)),
    ...section(screen, 'cause', causes(screen, dossier, lever)),
    ...section(screen, 'in the words of the model', words(screen, dossier)),
    ...section(screen, 'done', actions(screen, dossier)),
    ...section(screen, 'refused or waiting', stops(screen, dossier)),
    ...section(screen, 'users', users(screen, dossier)),
    ...section(
      screen,
      'owed',
      dossier.obligations
        .filter(({ status }) => status === 'open')
        .map(({ duty, dueAt }) => `${duty.kind}, due ${moment(dueAt)}`),
    ),
    ...section(screen, 'events', events(screen, dossier)),
    ...section(screen, 'evidence', evidence(screen, dossier)),
  ];
}

function section(screen: Screen, title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', paint(screen, 'strong', title), ...lines];
}

/** What each alert means, and by what that is told. */
function alerts(screen: Screen, { incident }: IncidentDossier): string[] {
  const rows = (incident.alerts ?? []).map(({ name, class: alertClass, because }) => [
    name,
    alertClass,
    because.slice(0, 2).join('; '),
  ]);
  return table(screen, [], rows);
}

function causes(screen: Screen, { incident }: IncidentDossier, lever: string | null): string[] {
  const rows = incident.causes.map((cause) => [cause.reason, `${Math.round(cause.confidence * 100)} %`, cause.summary]);
  if (rows.length === 0) return incident.findings.map((finding) => `no cause; found: ${finding.summary}`);
  return [
    ...table(screen, [], rows),
    ...renderChain(screen, incident.causes[0]),
    ...traceLines(screen, incident.causes[0]),
    ...(lever === null ? [] : wrap(`a person would: ${lever}`, screen.width)),
  ];
}

/** What did it and the command that would mend it; a command is not wrapped, so that it can be copied. */
export function traceLines(screen: Screen, cause: Pick<Cause, 'change' | 'mend'> | undefined, indent = ''): string[] {
  return [
    ...(cause?.change ? wrap(`${indent}changed: ${changeText(cause.change)}`, screen.width) : []),
    ...(cause?.mend ? [`${indent}to mend it:`, ...cause.mend.split('\n').map((line) => `${indent}  ${line}`)] : []),
  ];
}

/** Marked as what it is: nothing of it was decided upon. */
function words(screen: Screen, { narrative, hypotheses }: IncidentDossier): string[] {
  const story = narrative === null ? [] : [narrative.summary, ...narrative.chain.map(({ says }) => `<- ${says}`)];
  const guesses = hypotheses.map(
    ({ says, reason, subject, confirmed }) =>
      `${confirmed ? 'confirmed by a detector' : 'a guess'}: ${says}${reason === null ? '' : ` (${reason}${subject === null ? '' : ` on ${subject}`})`}`,
  );
  return [...story, ...guesses].flatMap((line) => wrap(line, screen.width));
}

function actions(screen: Screen, { incident, intents }: IncidentDossier): string[] {
  const summaryOf = (planId: string): string =>
    incident.plans.find((plan) => plan.id === planId)?.preview.summary ?? planId;
  return table(
    screen,
    [],
    intents.map((intent) => [
      clockTime(intent.committedAt),
      intent.direction,
      paint(
        screen,
        intent.outcome?.result === 'applied' ? 'good' : 'warn',
        intent.outcome?.result ?? 'not settled yet',
      ),
      summaryOf(intent.planId),
    ]),
  );
}

function stops(screen: Screen, { incident }: IncidentDossier): string[] {
  const plan = currentPlan(incident);
  const stopping = incident.verdicts.filter(({ verdict }) => verdict.verdict !== 'pass');
  if (plan === undefined || stopping.length === 0) return [];
  const rows = stopping.map(({ gate, verdict }) => [
    gate,
    verdict.verdict,
    `${verdict.reason}${verdict.value === undefined ? '' : `: ${verdict.value}`}${verdict.unblockedBy ? ` -> ${verdict.unblockedBy}` : ''}`,
  ]);
  return [`plan ${plan.digest.slice(0, 12)}: ${plan.preview.summary}`, ...table(screen, [], rows)];
}

function users(screen: Screen, { incident, intents, readings }: IncidentDossier): string[] {
  const plan = currentPlan(incident);
  if (plan === undefined || readings.length === 0) return [];
  const format = formatOf(plan.measure.unit);
  const chart = barChart(
    readings.map(({ at, indicator }) => ({ at, value: indicator })),
    {
      width: Math.max(10, Math.min(CHART_COLUMNS, screen.width - AXIS_COLUMNS)),
      height: CHART_ROWS,
      format,
      limit: plan.measure.goodAtMost,
      marks: intents.map(({ committedAt, direction }) => ({ at: committedAt, sign: `^ ${direction}` })),
    },
  );
  const last = readings.at(-1);
  const lastText = last?.indicator === null || last === undefined ? 'unknown' : format(last.indicator);
  return [
    ...chart,
    `${readings.length} readings; the last: ${lastText}, good is at most ${format(plan.measure.goodAtMost)}`,
  ];
}

/** How the users' indicator is written. */
export function formatOf(unit: 'seconds' | 'ratio' | 'requests'): (value: number) => string {
  if (unit === 'seconds') return (value) => (value >= 10 ? `${value.toFixed(0)} s` : `${Math.round(value * 1_000)} ms`);
  if (unit === 'ratio') return (value) => `${(value * 100).toFixed(1)} %`;
  return (value) => value.toPrecision(3);
}

function events(screen: Screen, { timeline }: IncidentDossier): string[] {
  const shown = timeline.slice(-EVENTS_SHOWN);
  const rows = shown.map((event) => [clockTime(event.at), event.kind, event.text]);
  const left = timeline.length - shown.length;
  return [...(left > 0 ? [`(${left} earlier ones: --json)`] : []), ...table(screen, [], rows)];
}

function evidence(screen: Screen, { evidence: heads }: IncidentDossier): string[] {
  const byQuery = new Map(heads.map((head) => [head.query, head]));
  // A query is often one long word, which no line break can split.
  const room = Math.max(MIN_QUERY, screen.width - EVIDENCE_COLUMNS);
  const rows = [...byQuery.values()]
    .slice(-8)
    .map((head) => [
      clockTime(head.at),
      head.kind,
      `${head.title}: ${head.query.length > room ? `${head.query.slice(0, room)} ...` : head.query}`,
    ]);
  return rows.length === 0 ? [] : [`${heads.length} pieces; the newest different ones:`, ...table(screen, [], rows)];
}

import { subjectName } from '../domain/subject.ts';
import type {
  AnswerResult,
  AutonomyResult,
  FreezeView,
  IncidentList,
  ObligationList,
  StatusReport,
} from '../operations/results.ts';
import { moment, paint, type Screen, span, table } from './text.ts';

/** One line an incident, newest first. */
export function renderIncidents(screen: Screen, { now, incidents }: IncidentList): string[] {
  if (incidents.length === 0) return ['no incidents'];
  return table(
    screen,
    ['id', 'opened', 'phase', 'subject', 'cause', 'title and outcome'],
    incidents.map((incident) => [
      incident.id.slice(0, 8),
      `${span(now - incident.openedAt)} ago`,
      incident.phase,
      incident.subject ? subjectName(incident.subject) : '-',
      incident.cause ?? '-',
      incident.outcome ? `${incident.title}: ${incident.outcome}` : incident.title,
    ]),
  );
}

export function renderObligations(screen: Screen, { now, obligations }: ObligationList): string[] {
  if (obligations.length === 0) return ['nothing is owed'];
  return table(
    screen,
    ['id', 'kind', 'status', 'due', 'incident', 'outcome'],
    obligations.map(({ id, duty, status, dueAt, incidentId, outcome }) => [
      id.slice(0, 13),
      duty.kind,
      status,
      dueAt > now ? `in ${span(dueAt - now)}` : `${span(now - dueAt)} ago`,
      incidentId?.slice(0, 8) ?? '-',
      outcome ?? '',
    ]),
  );
}

export function renderStatus(screen: Screen, status: StatusReport): string[] {
  const counts = (record: Readonly<Record<string, number>>): string =>
    Object.entries(record)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none';
  const { store, cluster } = status;
  return [
    ...table(
      screen,
      [],
      [
        ['version', status.version],
        ['up', span(status.now - status.startedAt)],
        ['freeze', ...renderFreeze(status.freeze)],
        ['incidents', counts(status.incidents)],
        ['obligations', counts(status.obligations)],
        ...(status.model === null ? [] : [['model', modelLine(status.model)]]),
        ...(status.scan === null ? [] : [['scan', scanLine(screen, status.scan)]]),
        ['cluster', `${cluster.state}: ${cluster.detail}`],
        [
          'store',
          `${store.writable ? 'takes writes' : paint(screen, 'bad', 'CANNOT BE WRITTEN')}, ${(store.bytes / 1_048_576).toFixed(1)} MiB`,
        ],
        ['policies', status.policies.map(({ id, mode }) => `${id} (${mode})`).join(', ') || 'none'],
      ],
    ),
    ...status.lowered.map(
      (entry) =>
        `lowered: ${entry.policyId} in ${entry.namespace} to ${entry.mode} by ${entry.by} at ${moment(entry.at)}: ${entry.reason}`,
    ),
  ];
}

function modelLine({ name, spentInDay, perDay }: NonNullable<StatusReport['model']>): string {
  const { calls, inputTokens, outputTokens, usd } = spentInDay;
  return `${name}: ${calls} calls in the last day, ${inputTokens + outputTokens} of ${perDay.tokens} tokens, ${usd.toFixed(4)} of ${perDay.usd} USD`;
}

function scanLine(screen: Screen, { workloads, series, left }: NonNullable<StatusReport['scan']>): string {
  const followed = `${series} series of ${workloads} workloads`;
  return left.length === 0 ? followed : `${followed}; ${paint(screen, 'bad', 'LEFT OUT')}: ${left.join('; ')}`;
}

export function renderFreeze({ frozen, by, reason, configMap }: FreezeView): string[] {
  if (frozen === null) return [`cannot be told, so nothing is acted upon: ${reason}`];
  return [frozen ? `FROZEN by ${by}: ${reason} (ConfigMap ${configMap} freezes as well)` : 'not frozen'];
}

export function renderAnswer(result: AnswerResult): string[] {
  return [
    `${result.by} ${result.answer}: ${result.plan}`,
    `digest ${result.planDigest.slice(0, 12)}, good until ${moment(result.expiresAt)}`,
  ];
}

export function renderAutonomy({ policyId, namespace, before, mode, by }: AutonomyResult): string[] {
  return [`${by} lowered ${policyId} in ${namespace} from ${before} to ${mode}`];
}

import { subjectName } from '../domain/subject.ts';
import type { IncidentWhy } from '../operations/results.ts';
import { renderChain } from './render-chain.ts';
import { renderGates } from './render-gates.ts';
import { traceLines } from './render-incident.ts';
import { clockTime, paint, type Screen, table, wrap } from './text.ts';

/** Policy by policy, gate by gate: why the incident stands where it stands. */
export function renderWhy(screen: Screen, why: IncidentWhy): string[] {
  const { incident, plan } = why;
  const lines = [`${paint(screen, 'strong', incident.title)}  [${incident.phase}]`];
  if (incident.outcome) lines.push(...wrap(`=> ${incident.outcome}`, screen.width));
  const add = (title: string, part: readonly string[]): void => {
    if (part.length > 0) lines.push('', paint(screen, 'strong', title), ...part);
  };

  add(
    'found',
    table(
      screen,
      [],
      why.findings.map((finding) => [
        finding.detector,
        finding.reason,
        `${Math.round(finding.confidence * 100)} %`,
        finding.summary,
      ]),
    ),
  );
  add(
    'causes',
    why.causes.flatMap((cause) => [
      `${cause.reason} on ${subjectName(cause.subject)}, ${Math.round(cause.confidence * 100)} %`,
      ...renderChain(screen, cause).map((line) => `  ${line}`),
      ...traceLines(screen, cause, '  '),
      ...wrap(`  a person would: ${cause.lever}`, screen.width),
    ]),
  );
  add('policies', policies(screen, why));
  if (plan !== null) {
    add('plan', [
      `${plan.preview.summary} (${plan.status}, digest ${plan.digest.slice(0, 12)})`,
      `blast radius: ${plan.preview.blastRadius}`,
    ]);
    add('gates', renderGates(screen, why.gates));
  }
  add('unblocked by', why.unblockedBy);
  add(
    'decisions',
    table(
      screen,
      [],
      why.decisions.slice(-20).map((event) => [clockTime(event.at), event.kind, event.text]),
    ),
  );
  return lines;
}

function policies(screen: Screen, { policies: views }: IncidentWhy): string[] {
  return table(
    screen,
    ['policy', 'applies', 'mode', 'why; what it would try'],
    views.map((view) => [
      view.id,
      view.matches === null ? 'unknown' : view.matches ? paint(screen, 'good', 'yes') : 'no',
      view.inForce,
      `${view.why}${view.why ? '; ' : ''}${view.ladder.map(({ remediation, plan }) => (plan ? `${remediation} (${plan})` : remediation)).join(', then ')}; mode by ${view.decidedBy}`,
    ]),
  );
}

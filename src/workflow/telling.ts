import { changeText } from '../domain/finding.ts';
import { currentPlan, type Incident, WATCHDOG_KEY } from '../domain/incident.ts';
import { leastMode, type Mode } from '../domain/mode.ts';
import type { Notification } from '../domain/obligation.ts';
import { REASONS } from '../domain/reason.ts';
import { subjectName } from '../domain/subject.ts';
import { loweredCeiling } from '../gates/operator-mode.ts';
import type { Scene } from './scene.ts';
import { stormNews } from './storm.ts';

/** A notification that nobody took within this time is given up; the metric and the audit keep saying so. */
export const DELIVERY_DEADLINE_MS = 24 * 3_600_000;

/** The mode in force for the incident as a whole: whether people are told at all. */
export async function modeOf(incident: Incident, scene: Scene): Promise<Mode> {
  const plan = currentPlan(incident);
  const namespace = incident.subject?.namespace ?? null;
  const policyId = plan?.policyId ?? null;
  const ceiling = scene.deps.modeCeiling(policyId, namespace);
  const lowered = loweredCeiling(ceiling, await scene.deps.store.loweredAutonomy(), policyId ?? '*', namespace ?? '*');
  return leastMode([lowered.mode, ...(plan ? [plan.mode] : [])]);
}

/**
 * Hands the incident to a person. In observe it is recorded, not sent, unless the way of the alerts itself is broken, or Hale has written:
 * whoever has to live with a change is told of it, whatever the mode is by now.
 */
export async function escalate(incident: Incident, scene: Scene, why: string): Promise<Incident> {
  const always = incident.key === WATCHDOG_KEY || (await hasWritten(incident, scene));
  const silent = !always && (await modeOf(incident, scene)) === 'observe';
  const escalated: Incident = { ...incident, phase: 'escalated', outcome: why, planId: incident.planId };
  if (silent) {
    scene.audit('action-withheld', `observe: nobody is called; would have called a person: ${why}`, {
      would: 'escalate',
    });
    return escalated;
  }
  const page: Omit<Notification, 'incidentId'> = {
    dedupeKey: `escalated/${incident.id}`,
    severity: 'page',
    kind: 'escalated',
    title: `${incident.title}: a person is needed`,
    lines: [why, ...summaryLines(incident)],
  };
  if (always) scene.tell(page);
  else await tellOrSum(incident, page, why, scene);
  return escalated;
}

/** Pages by itself, or during a storm as part of the one summary. */
export async function tellOrSum(
  incident: Incident,
  page: Omit<Notification, 'incidentId'>,
  why: string,
  scene: Scene,
): Promise<void> {
  const news = await stormNews(incident, why, scene);
  if (news.kind === 'no-storm') return scene.tell(page);
  if (news.kind === 'summary') scene.tell(news.notification);
  scene.audit('action-withheld', `storm: told in its one summary, not by itself: ${page.title}: ${why}`, {
    would: page.kind,
  });
}

/** Whether the cluster may carry a change of this incident, or of the one whose change it returns. */
async function hasWritten(incident: Incident, scene: Scene): Promise<boolean> {
  if (incident.purpose === 'return') return true;
  const intents = await scene.deps.store.intentsOf(incident.id);
  return intents.some((intent) => intent.outcome?.result !== 'not-applied');
}

/** Cause, the change that did it, lever, plan and what stopped it: the lines under every message. */
export function summaryLines(incident: Incident): string[] {
  const lines: string[] = [];
  if (incident.subject) lines.push(`subject: ${subjectName(incident.subject)}`);
  for (const cause of incident.causes.slice(0, 2)) {
    lines.push(
      `cause: ${cause.summary} (${cause.reason} on ${subjectName(cause.subject)}, confidence ${cause.confidence.toFixed(2)})`,
    );
    if (cause.change) lines.push(`changed: ${changeText(cause.change)}`);
    lines.push(`lever: ${REASONS[cause.reason].lever}`);
    if (cause.mend) lines.push(`mend: ${cause.mend}`);
  }
  const plan = currentPlan(incident);
  if (plan) lines.push(`plan: ${plan.preview.summary}`);
  for (const { gate, verdict } of incident.verdicts) {
    if (verdict.verdict === 'pass') continue;
    const figures =
      verdict.value === undefined
        ? ''
        : ` (${verdict.value}${verdict.limit === undefined ? '' : `, limit ${verdict.limit}`})`;
    lines.push(
      `gate ${gate}: ${verdict.reason}${figures}${verdict.unblockedBy ? `; unblocked by: ${verdict.unblockedBy}` : ''}`,
    );
  }
  lines.push(`more: hale why ${incident.id}`);
  return lines;
}

/** A delivery as an obligation; the text leaves without credentials or network addresses. */
export function deliveryOf(notification: Notification, now: number, outbound: (text: string) => string) {
  const safe: Notification = {
    ...notification,
    title: outbound(notification.title),
    lines: notification.lines.map(outbound),
  };
  return {
    duty: {
      kind: 'deliver-notification',
      delivery: { notification: safe, channel: 'first', deliveredAt: null, lastError: null },
    },
    dueAt: now,
    deadline: now + DELIVERY_DEADLINE_MS,
  } as const;
}

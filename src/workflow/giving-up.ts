import { currentPlan, type Incident } from '../domain/incident.ts';
import type { Phase } from '../domain/phase.ts';
import { withPlanStatus } from './plan-status.ts';
import type { Scene } from './scene.ts';
import { escalate } from './telling.ts';

/** Phases that give up after `maxAttempts`; the later ones retry without end. */
export const GIVES_UP: ReadonlySet<Phase> = new Set([
  'collecting',
  'diagnosing',
  'following',
  'planning',
  'gated',
  'held',
  'acting',
  'verifying',
  'rolling-back',
]);

/** A phase whose ticks never come to an end: a person gets the incident, and nothing of it stays taken. */
export async function giveUp(incident: Incident, scene: Scene): Promise<Incident> {
  scene.audit('attempts-exhausted', `phase ${incident.phase} failed ${incident.attempts - 1} times`, {
    phase: incident.phase,
    attempts: incident.attempts,
  });
  const stopped = await letGo(incident, scene);
  return escalate(
    { ...stopped, attempts: 0 },
    scene,
    `internal-error: phase ${incident.phase} did not come to an end in ${incident.attempts - 1} attempts; its reasons are in the log`,
  );
}

/** Nothing of an action that was given up stays open: its intent gets an outcome, its subject is free, its plan is not verified. */
async function letGo(incident: Incident, scene: Scene): Promise<Incident> {
  scene.change.release = { holder: incident.id, what: 'held' };
  const plan = currentPlan(incident);
  const intent = incident.intentId === null ? null : await scene.deps.store.intent(incident.intentId);
  if (intent !== null && intent.outcome === null) {
    const detail = `given up in phase ${incident.phase} before its outcome was known`;
    scene.change.settle = { intentId: intent.id, outcome: { result: 'unknown', at: scene.now, detail } };
    scene.audit('intent-settled', `unknown: ${detail}`, { intent: intent.id, result: 'unknown' });
  }
  const written = intent !== null || plan?.status === 'applied';
  return plan !== undefined && written ? withPlanStatus(incident, plan.id, 'not-verified') : incident;
}

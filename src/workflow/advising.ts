import type { Cause } from '../domain/finding.ts';
import type { Incident } from '../domain/incident.ts';
import { NO_SPEND } from '../domain/model-words.ts';
import type { Scene } from './scene.ts';

/** The evidence of planning and the first gates is worth waiting for. */
const NARRATIVE_AFTER_MS = 30_000;
const NARRATIVE_WITHIN_MS = 15 * 60_000;
/** Causes nearer to each other than this are not told apart. */
const TOO_CLOSE = 0.1;

/** A named cause: its story is owed, once for each incident and cause. Nothing where no model is configured. */
export async function oweNarrative(incident: Incident, cause: Cause, scene: Scene): Promise<void> {
  const { advisor } = scene.deps;
  if (advisor?.narrates !== true) return;
  const about = `${cause.reason}/${cause.subject.uid}`;
  const known = await adviceOf(incident, 'write-narrative', scene);
  if (known.some(({ duty }) => duty.kind === 'write-narrative' && duty.about === about)) return;
  scene.owe({
    duty: { kind: 'write-narrative', about, spend: NO_SPEND },
    dueAt: scene.now + NARRATIVE_AFTER_MS,
    deadline: scene.now + NARRATIVE_WITHIN_MS,
  });
}

/** No cause, or two that cannot be told apart: one bounded look, within the patience of diagnosis. A person is never called later for it. */
export async function oweInvestigation(incident: Incident, scene: Scene): Promise<void> {
  const { advisor, settings } = scene.deps;
  if (advisor?.investigates !== true || !isUnclear(incident.causes)) return;
  if ((await adviceOf(incident, 'investigate', scene)).length > 0) return;
  scene.owe({
    duty: { kind: 'investigate', spend: NO_SPEND },
    dueAt: scene.now,
    deadline: Math.max(scene.now, incident.phaseSince + settings.diagnosisPatienceMs),
  });
}

function isUnclear([first, second]: readonly Cause[]): boolean {
  return first === undefined || (second !== undefined && first.confidence - second.confidence < TOO_CLOSE);
}

function adviceOf(incident: Incident, kind: 'write-narrative' | 'investigate', scene: Scene) {
  return scene.deps.store.obligations({ openOnly: false, incidentId: incident.id, kind, limit: 20 });
}

import type { Incident } from '../domain/incident.ts';
import type { Notification } from '../domain/obligation.ts';
import { readStorm } from '../gates/counts.ts';
import type { Scene } from './scene.ts';

/** Taken with each escalation of a storm; while one was taken lately, the storm has been told. */
const TOLD_KEY = 'told:storm';
/** Most incidents that the summary lists. */
const MAX_LISTED = 30;

/** What a person is told of an escalation during a storm. */
export type StormNews =
  | { readonly kind: 'no-storm' }
  /** One page for the storm, in place of one for each incident. */
  | { readonly kind: 'summary'; readonly notification: Omit<Notification, 'incidentId'> }
  | { readonly kind: 'told-already' };

/** Whether this escalation falls into a storm, and whether the storm has been told: of two ticks at once the store lets one tell. */
export async function stormNews(incident: Incident, why: string, scene: Scene): Promise<StormNews> {
  const { store, gates } = scene.deps;
  const { withinMs, quietForMs } = gates.storm;
  const { sickSubjects, limit } = await readStorm(gates.storm, store, scene.now);
  if (sickSubjects < limit) return { kind: 'no-storm' };

  const windowMs = withinMs + quietForMs;
  const { used } = await store.counted(TOLD_KEY, scene.now - windowMs);
  const first = used === 0;
  scene.change.reserve = {
    holder: TOLD_KEY,
    at: scene.now,
    items: [{ kind: 'count', key: TOLD_KEY, limit: first ? 1 : Number.MAX_SAFE_INTEGER, windowMs }],
  };
  if (!first) return { kind: 'told-already' };
  return { kind: 'summary', notification: await summaryOf(incident, why, sickSubjects, windowMs, scene) };
}

async function summaryOf(
  incident: Incident,
  why: string,
  sickSubjects: number,
  windowMs: number,
  scene: Scene,
): Promise<Omit<Notification, 'incidentId'>> {
  const opened = await scene.deps.store.incidents({ openedSince: scene.now - windowMs, limit: 200 });
  const others = opened.filter(
    ({ id, purpose, phase }) => id !== incident.id && purpose === 'heal' && phase !== 'self-resolved',
  );
  const listed = others
    .slice(0, MAX_LISTED)
    .map(({ title, phase, outcome }) => `${title}: ${phase}${outcome ? `, ${outcome}` : ''}`);
  const more = others.length > MAX_LISTED ? [`and ${others.length - MAX_LISTED} more`] : [];
  return {
    dedupeKey: `storm/${incident.id}`,
    severity: 'page',
    kind: 'storm',
    title: `${sickSubjects} workloads are sick at once: look for what they share`,
    lines: [
      'Local fixes are held until it is quiet. Further escalations of this storm are recorded, not sent: hale incidents',
      `${incident.title}: ${why}`,
      ...listed,
      ...more,
    ],
  };
}

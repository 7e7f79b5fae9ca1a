import { isDeeper, isVoidable } from '../diagnosis/index.ts';
import { HaleError } from '../domain/errors.ts';
import type { Cause, Finding } from '../domain/finding.ts';
import type { Incident } from '../domain/incident.ts';
import type { CauseReason } from '../domain/reason.ts';
import { type Again, detect } from './detecting.ts';
import type { Scene } from './scene.ts';

/**
 * Looks once more for the cause that a plan rests on; null = it is not there now, another finding = that is what it was a symptom of. Throws
 * when it could not look.
 */
export async function redetect(
  incident: Incident,
  cause: Pick<Cause, 'reason' | 'subject'>,
  scene: Scene,
): Promise<Finding | null> {
  const { findings, failures, gone } = await detect(incident, scene, {
    only: askedAgain(incident, cause.reason, scene),
    on: cause.subject,
  });
  const isTheCause = (one: Pick<Finding, 'reason' | 'subject'>) =>
    one.reason === cause.reason && one.subject.uid === cause.subject.uid;
  const deeper = findings.find(
    ({ reason, subject }) => subject.uid === cause.subject.uid && isDeeper(reason, cause.reason),
  );
  const alike = findings.filter(isTheCause);
  const again = deeper ?? alike.find(({ unsettled }) => unsettled === undefined) ?? alike[0];
  if (again) return again;
  if (failures.length > 0 && !gone) throw new HaleError('metrics-unavailable', failures.join('; '));
  return null;
}

/** Who is asked again; undefined = everybody. */
function askedAgain(incident: Incident, reason: CauseReason, scene: Scene): Again['only'] {
  const found = incident.findings.filter((one) => one.reason === reason);
  const finders = new Set(found.map((one) => one.detector));
  // A cause that no finding of the incident tells of (a return, an older record) is anybody's.
  if (finders.size === 0) return undefined;
  // What nobody has measured yet somebody else may: else it would stay the word of a log for ever.
  if (!isVoidable(reason)) return found.some(({ unsettled }) => unsettled === undefined) ? finders : undefined;
  // What makes it a mere symptom may show only now, and then more of the same would do harm: all that explain such alerts are asked.
  const detectors = [...scene.deps.detectors.values()];
  const classes = new Set(detectors.filter(({ id }) => finders.has(id)).flatMap(({ explains = [] }) => explains));
  const alike = detectors.filter(({ explains = [] }) => explains.some((one) => classes.has(one)));
  return new Set([...finders, ...alike.map(({ id }) => id)]);
}

import type { AlertClass, RecognisedAlert } from '../domain/alert-class.ts';
import type { Incident } from '../domain/incident.ts';
import type { Signal } from '../domain/signal.ts';
import type { Detector } from '../plugin/detector.ts';
import type { Scene } from './scene.ts';

/** Different alerts of one incident that are recorded by what they mean. */
const MOST_ALERTS = 16;
/** An alert that is to hold Hale back has to be recognised this clearly: taking a real one for a notice would leave users alone. */
const CLEARLY = 0.25;
/** Classes that say nothing about the workload: nothing is wrong, or the monitoring is. */
const NOT_OF_THE_WORKLOAD: ReadonlySet<string> = new Set<AlertClass>(['informational', 'telemetry']);

export interface Meaning {
  readonly alerts: readonly RecognisedAlert[];
  /** All that fires is clearly of this class, and it says nothing about the workload. */
  readonly onlyAbout: 'informational' | 'telemetry' | null;
}

/** What the alerts of an incident mean, each rule once. Here and not at intake, where it would cost something for every alert of a flood. */
export async function meaningOf(incident: Incident, scene: Scene): Promise<Meaning> {
  const inbox = await scene.deps.store.inbox(incident.id, 0, 100);
  const firing = inbox
    .map(({ signal }) => signal)
    .filter(({ status, occurrence }) => status === 'firing' && incident.firing.includes(occurrence));
  const delivered = firing.filter(({ kind }) => kind === 'alert');
  const alerts = await scene.deps.recogniser.recognise(onePerRule(delivered), scene.reading.signal);
  return { alerts, onlyAbout: firing.length === delivered.length ? onlyAbout(alerts) : null };
}

function onePerRule(signals: readonly Signal[]): readonly Signal[] {
  const rules = new Map(signals.map((signal) => [`${signal.name}|${signal.generatorUrl}`, signal]));
  return [...rules.values()].slice(0, MOST_ALERTS);
}

function onlyAbout(alerts: readonly RecognisedAlert[]): Meaning['onlyAbout'] {
  if (alerts.length === 0) return null;
  if (!alerts.every((alert) => NOT_OF_THE_WORKLOAD.has(alert.class) && alert.margin >= CLEARLY)) return null;
  return alerts.some((alert) => alert.class === 'telemetry') ? 'telemetry' : 'informational';
}

/** Those that explain the alerts best first: an incident that runs out of queries has asked them. */
export function inOrder(detectors: Iterable<Detector>, alerts: readonly RecognisedAlert[]): readonly Detector[] {
  const meant = new Set<string>(alerts.map((alert) => alert.class));
  const fits = (detector: Detector) => (detector.explains?.some((one) => meant.has(one)) === true ? 0 : 1);
  return [...detectors].sort((a, b) => fits(a) - fits(b));
}

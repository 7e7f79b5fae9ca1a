import { isSeriesOf } from '../../src/domain/workload-series.ts';
import type { IncidentView, ReadContext } from '../../src/plugin/context.ts';
import { createCallEnds } from '../../src/topology/index.ts';
import type { Certificate } from './certificates.ts';

/** Labels that name one certificate; what an alert on it repeats. */
const NAMING_LABELS = [
  'instance',
  'target',
  'host',
  'name',
  'exported_name',
  'secret_name',
  'secret',
  'subject_CN',
  'cn',
  'filepath',
];

/**
 * Whether a certificate has to do with the incident: the alert names it, or the workload uses it (its own pods export it, it is served at an
 * address of the workload). Text of the alert is only compared, never asked for.
 */
export function concerns(
  certificate: Certificate,
  incident: IncidentView,
  cluster: ReadContext['cluster'],
): 'alerted' | 'used' | null {
  const { labels, address, object } = certificate;
  const { subject } = incident;
  if (incident.signals.some((signal) => isNamedBy(signal.labels, labels))) return 'alerted';
  if (isSeriesOf(subject, labels) && object === null) return 'used';
  if (address !== null) {
    const served = createCallEnds(cluster).atAddress(address, subject.namespace) ?? [];
    if (served.some((workload) => workload.subject.uid === subject.uid)) return 'used';
  }
  return null;
}

function isNamedBy(alert: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  const shared = NAMING_LABELS.filter((name) => alert[name] !== undefined && labels[name] !== undefined);
  // A scrape target names a certificate only where it is the thing probed; an exporter's own address is the same for all.
  const telling = labels.__name__?.startsWith('probe_') ? shared : shared.filter((name) => name !== 'instance');
  return telling.length > 0 && telling.every((name) => alert[name] === labels[name]);
}

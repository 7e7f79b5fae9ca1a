import type { AuditEvent } from '../domain/audit-event.ts';
import type { Incident } from '../domain/incident.ts';

export function incidentOpened(incident: Incident, signalName: string): AuditEvent {
  return {
    at: incident.openedAt,
    kind: 'incident-opened',
    incidentId: incident.id,
    text: incident.title,
    data: { key: incident.key, signal: signalName },
  };
}

import { createHash } from 'node:crypto';
import type { Incident } from '../domain/incident.ts';
import type { Notification } from '../domain/obligation.ts';
import type { WorkflowDeps } from './deps.ts';
import { oweInto } from './draft.ts';
import type { Draft } from './scene.ts';
import { deliveryOf } from './telling.ts';

/** One delivery per subject matter, for ever: its id comes from the dedupeKey. */
export async function oweDelivery(
  deps: WorkflowDeps,
  change: Draft,
  notification: Notification,
  incident: Incident,
  now: number,
): Promise<void> {
  const id = deliveryId(notification.dedupeKey);
  if ((await deps.store.obligation(id)) !== null) return;
  oweInto(change, deps, incident.id, incident.subject, now)(deliveryOf(notification, now, deps.redact.outbound), id);
}

/** What was paged about the incident is said to be over, on the channel that took it; once for each. */
export async function oweResolve(
  deps: WorkflowDeps,
  change: Draft,
  incident: Incident,
  text: string,
  now: number,
): Promise<void> {
  const deliveries = await deps.store.obligations({
    openOnly: false,
    incidentId: incident.id,
    kind: 'deliver-notification',
    limit: 20,
  });
  for (const { duty } of deliveries) {
    if (duty.kind !== 'deliver-notification' || duty.delivery.notification.severity !== 'page') continue;
    // One quiet incident does not end a storm.
    if (duty.delivery.notification.kind === 'storm') continue;
    const id = deliveryId(`resolve/${duty.delivery.notification.dedupeKey}`);
    if ((await deps.store.obligation(id)) !== null) continue;
    const notification: Notification = {
      ...duty.delivery.notification,
      kind: 'resolved',
      severity: 'info',
      title: text,
      lines: incident.outcome ? [incident.outcome] : [],
    };
    const delivery = deliveryOf(notification, now, deps.redact.outbound);
    oweInto(
      change,
      deps,
      incident.id,
      incident.subject,
      now,
    )({ ...delivery, duty: { ...delivery.duty, kind: 'resolve-notification' } }, id);
  }
}

function deliveryId(dedupeKey: string): string {
  return `tell-${createHash('sha256').update(dedupeKey).digest('hex').slice(0, 24)}`;
}

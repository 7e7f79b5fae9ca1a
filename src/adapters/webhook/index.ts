import type { NotificationChannel } from '../../ports/notification-channel.ts';
import { type DeliveryOptions, deliverJson } from '../http/delivery.ts';

export interface WebhookChannelOptions extends DeliveryOptions {
  readonly name?: string;
}

/** Posts each notification as one JSON object: `version`, `source`, and the notification's own fields. */
export function createWebhookChannel(options: WebhookChannelOptions): NotificationChannel {
  const name = options.name ?? 'webhook';
  return {
    name,
    async deliver({ dedupeKey, severity, kind, title, lines, incidentId }, signal) {
      const body = { version: '1', source: 'hale', dedupeKey, severity, kind, title, lines, incidentId };
      await deliverJson(name, options, body, signal);
    },
  };
}

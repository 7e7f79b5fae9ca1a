import type { Labels } from '../tsdb/labels.ts';
import { makeLabels } from '../tsdb/labels.ts';
import type { Alert } from './alerts.ts';

export interface WebhookOptions {
  /** The receiver's name. */
  receiver: string;
  url: string;
  bearer?: string;
  sendResolved: boolean;
  /** 0 is no limit. */
  maxAlerts: number;
  /** The version that Alertmanager says it is. */
  version: string;
}

const ZERO_TIME = '0001-01-01T00:00:00Z';

/** The body of webhook version 4. Common labels and status are computed over the alerts that are sent, after truncation. */
export function webhookBody(given: {
  group: { key: string; labels: Labels };
  alerts: readonly Alert[];
  isResolved: (alert: Alert) => boolean;
  webhook: WebhookOptions;
  externalUrl: string;
  reason: string;
}): Record<string, unknown> {
  const { group, webhook } = given;
  const chosen = webhook.sendResolved ? given.alerts : given.alerts.filter((alert) => !given.isResolved(alert));
  const kept = webhook.maxAlerts > 0 ? chosen.slice(0, webhook.maxAlerts) : chosen;
  const alerts = kept.map((alert) => ({
    status: given.isResolved(alert) ? 'resolved' : 'firing',
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: alert.startsAt,
    endsAt: given.isResolved(alert) ? new Date(alert.endsAtMs).toISOString() : ZERO_TIME,
    generatorURL: alert.generatorURL,
    fingerprint: alert.fingerprint,
  }));
  return {
    receiver: quoteMeta(webhook.receiver),
    status: alerts.some((alert) => alert.status === 'firing') ? 'firing' : 'resolved',
    alerts,
    groupLabels: group.labels,
    commonLabels: common(kept.map((alert) => alert.labels)),
    commonAnnotations: common(kept.map((alert) => alert.annotations)),
    externalURL: given.externalUrl,
    version: '4',
    groupKey: group.key,
    truncatedAlerts: chosen.length - kept.length,
    routeLabels: {},
    notification_reason: given.reason,
  };
}

function common([first, ...rest]: readonly Labels[]): Labels {
  if (first === undefined) return makeLabels([]);
  return makeLabels(Object.entries(first).filter(([name, value]) => rest.every((labels) => labels[name] === value)));
}

/** Go's regexp.QuoteMeta, through which Alertmanager puts the receiver's name. */
function quoteMeta(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`);
}

import { isHaleError } from '../domain/errors.ts';
import type { ActiveAlert, AlertsReader } from '../ports/alerts.ts';
import type { Clock } from '../ports/clock.ts';
import type { TruncatedAlerts } from './read-alerts.ts';
import { type BodyLimits, parseInstant, textRecord, type WebhookAlert } from './webhook-body.ts';

interface AskOptions {
  readonly alerts: Pick<AlertsReader, 'active'> | null;
  readonly clock: Clock;
  readonly limits: BodyLimits & { readonly askTimeoutMs: number };
}

/**
 * The alerts that the sender left out of the body, from the configured Alertmanager, never from an address in the body. That it cannot be asked
 * is a warning: what the body holds is stored all the same, and the rest is in it once the group shrinks.
 */
export async function askForTruncated(
  truncated: TruncatedAlerts,
  { alerts, clock, limits }: AskOptions,
): Promise<{ missing: readonly WebhookAlert[]; warnings: readonly string[] }> {
  const left = `the body leaves out ${truncated.count} alerts`;
  if (alerts === null) {
    return {
      missing: [],
      warnings: [
        `${left}, and no Alertmanager is configured to be asked; configure alertmanager.url, or set max_alerts: 0`,
      ],
    };
  }
  const abort = new AbortController();
  const cancel = clock.setTimer(limits.askTimeoutMs, () => abort.abort());
  try {
    const { groupLabels, receiver } = truncated;
    const filter = { labels: groupLabels, ...(receiver === '' ? {} : { receiver }) };
    return merge(truncated, await alerts.active(filter, abort.signal), limits, left);
  } catch (error) {
    const why = isHaleError(error) ? error.code : 'internal-error';
    return { missing: [], warnings: [`${left}, and Alertmanager could not be asked for them (${why})`] };
  } finally {
    cancel();
  }
}

function merge(
  { fingerprints }: TruncatedAlerts,
  active: readonly ActiveAlert[],
  limits: BodyLimits,
  left: string,
): { missing: readonly WebhookAlert[]; warnings: readonly string[] } {
  const known = new Set(fingerprints);
  const room = limits.maxAlertsPerBody - fingerprints.length;
  const missing: WebhookAlert[] = [];
  let refused = 0;
  for (const alert of active) {
    if (known.has(alert.fingerprint)) continue;
    known.add(alert.fingerprint);
    const checked = missing.length < room ? check(alert, limits) : null;
    if (checked === null) refused += 1;
    else missing.push(checked);
  }
  const warnings =
    refused > 0 ? [`${left}; ${refused} of those that Alertmanager names exceed the limits of intake`] : [];
  return { missing, warnings };
}

/** Null when the alert exceeds a limit that it would have met in a body too. */
function check(alert: ActiveAlert, limits: BodyLimits): WebhookAlert | null {
  try {
    return {
      status: 'firing',
      labels: textRecord(alert.labels, 'labels', limits),
      annotations: textRecord(alert.annotations, 'annotations', limits),
      startsAt: alert.startsAt,
      startedAt: parseInstant(alert.startsAt, 'startsAt'),
      generatorUrl: alert.generatorUrl,
      fingerprint: alert.fingerprint,
    };
  } catch (error) {
    if (isHaleError(error, 'body-malformed')) return null;
    throw error;
  }
}

import { createAlertmanager } from '../adapters/alertmanager/index.ts';
import type { HttpAuth, TlsFiles } from '../adapters/http/target.ts';
import { createPrometheus } from '../adapters/prometheus/index.ts';
import { createSlackChannel } from '../adapters/slack/index.ts';
import { createWebhookChannel } from '../adapters/webhook/index.ts';
import type { LoadedAuth, LoadedChannel, LoadedConfig, LoadedTls } from '../config/loaded-config.ts';
import type { AlertsReader } from '../ports/alerts.ts';
import type { MetricsReader } from '../ports/metrics.ts';
import type { NotificationChannel } from '../ports/notification-channel.ts';

/** The configured Prometheus. */
export function prometheusOf({ prometheus }: LoadedConfig): MetricsReader & { close(): void } {
  const { url, headers, timeoutMs, maxSeries } = prometheus;
  return createPrometheus({ url, headers, timeoutMs, maxSeries, ...proofs(prometheus) });
}

/** The configured Alertmanager; null when none is. */
export function alertmanagerOf({ alertmanager }: LoadedConfig): (AlertsReader & { close(): void }) | null {
  return alertmanager === null ? null : createAlertmanager({ url: alertmanager.url, ...proofs(alertmanager) });
}

/** The configured ways to a person. */
export function channelsOf({ notify }: LoadedConfig): {
  first: NotificationChannel | null;
  second: NotificationChannel | null;
} {
  return { first: channelOf('first', notify.first), second: channelOf('second', notify.second) };
}

function channelOf(place: string, channel: LoadedChannel | null): NotificationChannel | null {
  if (channel === null) return null;
  const options = { name: `${place} (${channel.kind})`, url: () => channel.url.reveal() };
  return channel.kind === 'slack' ? createSlackChannel(options) : createWebhookChannel(options);
}

function proofs(target: { readonly auth: LoadedAuth | null; readonly tls: LoadedTls | null }): {
  auth?: HttpAuth;
  tls?: TlsFiles;
} {
  return {
    ...(target.auth === null ? {} : { auth: authOf(target.auth) }),
    ...(target.tls === null ? {} : { tls: target.tls }),
  };
}

function authOf(auth: LoadedAuth): HttpAuth {
  if (auth.kind === 'bearer') return { bearer: () => auth.token.reveal() };
  return { username: auth.username, password: () => auth.password.reveal() };
}

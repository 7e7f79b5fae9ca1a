import { randomBytes } from 'node:crypto';
import { createAlertmanager } from '../adapters/alertmanager/index.ts';
import type { HttpAuth, TlsFiles } from '../adapters/http/target.ts';
import { createOpenAi } from '../adapters/openai/index.ts';
import { createPrometheus } from '../adapters/prometheus/index.ts';
import { createSlackChannel } from '../adapters/slack/index.ts';
import { createWebhookChannel } from '../adapters/webhook/index.ts';
import type { LoadedAuth, LoadedChannel, LoadedConfig, LoadedModel, LoadedTls } from '../config/loaded-config.ts';
import { HaleError } from '../domain/errors.ts';
import { callsWithin, createModelAdvisor, type ModelAdvisor, type ModelBudget, mostOfOneCall } from '../model/index.ts';
import type { AlertsReader } from '../ports/alerts.ts';
import type { LanguageModel } from '../ports/language-model.ts';
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

/** The optional language model behind its budget; null when none is configured. Errors: config-invalid for a budget without room for one call. */
export function advisorOf({ model, file }: LoadedConfig, outbound: (text: string) => string): ModelAdvisor | null {
  if (model === null) return null;
  const budget: ModelBudget = {
    prices: { inputUsdPerMillion: model.prices.input, outputUsdPerMillion: model.prices.output },
    maxInputBytes: model.maxInputBytes,
    maxOutputTokens: model.maxOutputTokens,
    ...model.budget,
  };
  for (const key of ['perIncident', 'perDay'] as const) {
    if (callsWithin(budget[key], budget) > 0) continue;
    const { tokens, usd } = mostOfOneCall(budget);
    throw new HaleError(
      'config-invalid',
      `${file}: model.budget.${key} has no room for one call, which may take ${tokens} tokens and ${usd.toPrecision(2)} USD; write more, or lower maxInputBytes and maxOutputTokens`,
    );
  }
  return createModelAdvisor({
    model: languageModelOf(model),
    budget,
    narrates: model.narrate,
    investigates: model.investigate,
    outbound,
    newMark: () => randomBytes(6).toString('hex'),
  });
}

export function languageModelOf(model: LoadedModel): LanguageModel {
  const { url, name, key, timeoutMs, outputLimit } = model;
  return createOpenAi({ baseUrl: url, model: name, apiKey: () => key?.reveal() ?? null, timeoutMs, outputLimit });
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

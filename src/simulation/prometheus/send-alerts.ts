import type { Clock } from '../clock.ts';
import type { ActiveAlert, LoadedGroup } from './rules.ts';

// Prometheus: --rules.alert.resend-delay, and an alert that is not repeated expires after four of them.
const RESEND_DELAY_MS = 60_000;
const SEND_TIMEOUT_MS = 10_000;

export interface AlertSender {
  /** Posts what is due of this group; failures are dropped, as the next evaluation repeats them. */
  send(group: LoadedGroup): void;
  settled(): Promise<void>;
  stop(): void;
}

export function createAlertSender(options: {
  clock: Clock;
  alertmanagerUrl: (() => string) | undefined;
  externalUrl: () => string;
}): AlertSender {
  const { clock, alertmanagerUrl } = options;
  const inFlight = new Set<Promise<void>>();
  const abort = new AbortController();

  const isDue = (alert: ActiveAlert, nowMs: number): boolean => {
    if (alert.state === 'pending') return false;
    const sentMs = alert.lastSentMs;
    if (sentMs === undefined) return true;
    if (alert.resolvedAtMs !== undefined && alert.resolvedAtMs > sentMs) return true;
    return sentMs + RESEND_DELAY_MS <= nowMs;
  };

  const post = async (url: string, body: string, sent: readonly ActiveAlert[]): Promise<void> => {
    try {
      const response = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'Prometheus/3.14.0' },
        body,
        signal: AbortSignal.any([abort.signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]),
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`Alertmanager answered ${response.status}`);
    } catch {
      // Not sent: due again at the next evaluation.
      for (const alert of sent) delete alert.lastSentMs;
    }
  };

  return {
    send(group) {
      if (alertmanagerUrl === undefined) return;
      const nowMs = clock.now();
      const due = group.rules.flatMap((rule) =>
        [...rule.active.values()].filter((alert) => isDue(alert, nowMs)).map((alert) => ({ alert, text: rule.text })),
      );
      if (due.length === 0) return;
      const body = due.map(({ alert, text }) => ({
        labels: alert.labels,
        annotations: alert.annotations,
        startsAt: new Date(alert.firedAtMs ?? nowMs).toISOString(),
        endsAt: new Date(alert.resolvedAtMs ?? nowMs + 4 * Math.max(group.intervalMs, RESEND_DELAY_MS)).toISOString(),
        generatorURL: `${options.externalUrl()}/graph?g0.expr=${encodeURIComponent(text)}&g0.tab=1`,
      }));
      for (const { alert } of due) alert.lastSentMs = nowMs;
      const sending = post(
        alertmanagerUrl(),
        JSON.stringify(body),
        due.map(({ alert }) => alert),
      );
      inFlight.add(sending);
      void sending.finally(() => inFlight.delete(sending));
    },
    async settled() {
      while (inFlight.size > 0) await Promise.all(inFlight);
    },
    stop: () => abort.abort(),
  };
}

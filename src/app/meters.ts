import type { IntakeMeter } from '../intake/alert-intake.ts';
import type { LogMeter } from '../log-intake/log-intake.ts';
import type { LogTail } from '../log-intake/tail.ts';
import type { Operations } from '../operations/index.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { WorkflowMeter } from '../workflow/deps.ts';

/** What the workflow counts, as metrics. */
export function workflowMeter(metrics: Metrics): WorkflowMeter {
  return {
    phaseEntered: (phase) => metrics.count('hale_phase_entered_total', { phase }),
    actionSettled: (remediation, direction, result) =>
      metrics.count('hale_actions_settled_total', { remediation, direction, result }),
    verified: (remediation, verdict) => metrics.count('hale_verifications_total', { remediation, verdict }),
    gateStopped: (gate, reason) => metrics.count('hale_gate_stopped_total', { gate, reason }),
    notified: (channel, delivered) =>
      metrics.count('hale_notifications_total', { channel, delivered: String(delivered) }),
    tickFailed: (phase) => metrics.count('hale_tick_failures_total', { phase }),
    causeNamed: (reason) => metrics.count('hale_causes_named_total', { reason }),
    modelSpent(duty, { calls, inputTokens, outputTokens, usd }) {
      metrics.count('hale_model_calls_total', { duty }, calls);
      metrics.count('hale_model_tokens_total', { duty, direction: 'read' }, inputTokens);
      metrics.count('hale_model_tokens_total', { duty, direction: 'written' }, outputTokens);
      metrics.count('hale_model_usd_total', { duty }, usd);
    },
  };
}

/** What intake counts, as metrics. */
export function intakeMeter(metrics: Metrics): IntakeMeter {
  return {
    alerts: (outcome, count) => metrics.count('hale_intake_alerts_total', { outcome }, count),
    incidentsOpened: (count) => metrics.count('hale_incidents_opened_total', {}, count),
    refused: (code) => metrics.count('hale_intake_refused_total', { code }),
    truncatedUnanswered: () => metrics.count('hale_intake_truncated_unanswered_total', {}),
    conflict: () => metrics.count('hale_intake_conflicts_total', {}),
  };
}

/** What the intake of logs counts, as metrics. */
export function logMeter(metrics: Metrics): LogMeter {
  return {
    documents: (door, outcome, count) => metrics.count('hale_log_documents_total', { door, outcome }, count),
    oddity: (oddity, count) => metrics.count('hale_log_oddities_total', { oddity }, count),
    overflowed: (count) => metrics.count('hale_log_overflowed_total', {}, count),
  };
}

/** Sets the gauges from one status report. */
export async function refreshGauges(
  metrics: Metrics,
  operations: Pick<Operations, 'status'>,
  tails: ReadonlyMap<string, Pick<LogTail, 'readUpTo' | 'untimed'>>,
): Promise<void> {
  const { incidents, obligations, store, cluster, freeze } = await operations.status();
  const plain = (value: number) => [{ labels: {}, value }];
  metrics.set(
    'hale_open_incidents',
    Object.entries(incidents).map(([phase, value]) => ({ labels: { phase }, value })),
  );
  metrics.set(
    'hale_open_obligations',
    Object.entries(obligations).map(([kind, value]) => ({ labels: { kind }, value })),
  );
  metrics.set('hale_store_bytes', plain(store.bytes));
  metrics.set('hale_store_writable', plain(store.writable ? 1 : 0));
  metrics.set('hale_cluster_cache_ready', plain(cluster.state === 'ready' ? 1 : 0));
  metrics.set(
    'hale_log_tail_read_up_to_seconds',
    toldBy(tails, (tail) => tail.readUpTo()).map(({ labels, value }) => ({ labels, value: value / 1_000 })),
  );
  metrics.set(
    'hale_log_tail_untimed',
    toldBy(tails, (tail) => tail.untimed()),
  );
  metrics.set('hale_frozen', plain(freeze.frozen === false ? 0 : 1));
}

function toldBy<T>(tails: ReadonlyMap<string, T>, tell: (tail: T) => number | null) {
  return [...tails].flatMap(([target, tail]) => {
    const value = tell(tail);
    return value === null ? [] : [{ labels: { target }, value }];
  });
}

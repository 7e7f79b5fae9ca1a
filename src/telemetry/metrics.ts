import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/**
 * Every metric of Hale's own, with what it counts; `docs/metrics.md` lists exactly these. Labels are reason codes and phases, never free text,
 * pod names or fingerprints.
 */
export const METRICS = {
  hale_intake_alerts_total: { type: 'counter', labels: ['outcome'], help: 'Alerts received, by what became of them.' },
  hale_intake_refused_total: { type: 'counter', labels: ['code'], help: 'Webhook bodies refused, by error code.' },
  hale_intake_truncated_unanswered_total: {
    type: 'counter',
    labels: [],
    help: 'Truncated bodies whose missing alerts could not be asked for.',
  },
  hale_intake_conflicts_total: {
    type: 'counter',
    labels: [],
    help: 'Commits of intake that something else overtook; each was tried again.',
  },
  hale_http_answers_total: {
    type: 'counter',
    labels: ['route', 'status'],
    help: 'HTTP answers, by route pattern and status.',
  },
  hale_incidents_opened_total: { type: 'counter', labels: [], help: 'Incidents opened by signals.' },
  hale_phase_entered_total: { type: 'counter', labels: ['phase'], help: 'Phases entered by incidents.' },
  hale_causes_named_total: { type: 'counter', labels: ['reason'], help: 'Causes named by diagnosis.' },
  hale_gate_stopped_total: {
    type: 'counter',
    labels: ['gate', 'reason'],
    help: 'Decisions in which a gate held or denied a plan.',
  },
  hale_actions_settled_total: {
    type: 'counter',
    labels: ['remediation', 'direction', 'result'],
    help: 'Intents by their outcome.',
  },
  hale_verifications_total: { type: 'counter', labels: ['remediation', 'verdict'], help: 'Verdicts of verification.' },
  hale_notifications_total: {
    type: 'counter',
    labels: ['channel', 'delivered'],
    help: 'Tries to tell a person, by channel and success.',
  },
  hale_tick_failures_total: { type: 'counter', labels: ['phase'], help: 'Ticks that failed and will be tried again.' },
  hale_watch_changes_total: {
    type: 'counter',
    labels: ['resource', 'change'],
    help: 'Watches of the Kubernetes API listed, lost, expired or regained.',
  },
  hale_pruned_rows_total: { type: 'counter', labels: ['kind'], help: 'Rows removed by retention.' },
  hale_gauge_refresh_failures_total: {
    type: 'counter',
    labels: [],
    help: 'Scrapes at which the state of Hale could not be read in time; its gauges are left out of those.',
  },
  hale_model_calls_total: { type: 'counter', labels: ['duty'], help: 'Calls of the language model.' },
  hale_model_tokens_total: {
    type: 'counter',
    labels: ['duty', 'direction'],
    help: 'Tokens that the language model read and wrote; where its server counts none, the most that it can have been.',
  },
  hale_model_usd_total: { type: 'counter', labels: ['duty'], help: 'US dollars by the configured prices.' },
  hale_scans_total: {
    type: 'counter',
    labels: ['outcome'],
    help: 'Scans of all workloads: complete, partial or failed.',
  },
  hale_scan_changes_total: {
    type: 'counter',
    labels: ['status'],
    help: 'Indicators of workloads that became unusual (firing) or usual again (resolved).',
  },
  hale_scan_left_out_total: {
    type: 'counter',
    labels: ['why'],
    help: 'Questions or series that a scan left out: too-many-series or not-answered.',
  },
  hale_log_documents_total: {
    type: 'counter',
    labels: ['door', 'outcome'],
    help: 'Log events by door (bulk, http, tail) and what became of them: counted, repeated, refused or deleted.',
  },
  hale_log_oddities_total: {
    type: 'counter',
    labels: ['oddity'],
    help: 'Log events that were odd, and counted all the same.',
  },
  hale_log_overflowed_total: {
    type: 'counter',
    labels: [],
    help: 'Log events counted under no pattern of their own, because too many new patterns came in an hour.',
  },
  hale_log_requests_refused_total: {
    type: 'counter',
    labels: ['code'],
    help: 'Requests of shippers that were refused whole, by error code.',
  },
  hale_log_tail_passes_total: {
    type: 'counter',
    labels: ['target', 'outcome'],
    help: 'Looks at an Elasticsearch, by configured target: complete, or the error code that ended it.',
  },
  hale_log_tail_late_total: {
    type: 'counter',
    labels: ['target'],
    help: 'Log events that came to an Elasticsearch too late to be read (lateFor), by configured target.',
  },
  hale_log_tail_untimed: {
    type: 'gauge',
    labels: ['target'],
    help: 'Documents of an Elasticsearch that have no time and are not read, by configured target.',
  },
  hale_log_tail_read_up_to_seconds: {
    type: 'gauge',
    labels: ['target'],
    help: 'Unix time of the newest log event that was read, by configured target.',
  },
  hale_open_incidents: { type: 'gauge', labels: ['phase'], help: 'Incidents that are not closed, by phase.' },
  hale_open_obligations: { type: 'gauge', labels: ['kind'], help: 'Obligations that are open, by kind.' },
  hale_store_bytes: { type: 'gauge', labels: [], help: 'Bytes that the store takes on disk.' },
  hale_store_writable: { type: 'gauge', labels: [], help: '1 while the store takes writes.' },
  hale_cluster_cache_ready: {
    type: 'gauge',
    labels: [],
    help: '1 while every watch of the Kubernetes API is in step.',
  },
  hale_frozen: { type: 'gauge', labels: [], help: '1 while Hale is frozen, or cannot tell.' },
} as const satisfies Record<string, { type: 'counter' | 'gauge'; labels: readonly string[]; help: string }>;

type MetricName = keyof typeof METRICS;
type CounterName = { [K in MetricName]: (typeof METRICS)[K]['type'] extends 'counter' ? K : never }[MetricName];
type GaugeName = Exclude<MetricName, CounterName>;
type LabelsOf<K extends MetricName> = Record<(typeof METRICS)[K]['labels'][number], string>;

export interface Metrics {
  count<K extends CounterName>(name: K, labels: LabelsOf<K>, by?: number): void;
  /** Replaces all values of a gauge, so that a phase that is empty now does not keep its old figure. */
  set<K extends GaugeName>(name: K, values: readonly { readonly labels: LabelsOf<K>; readonly value: number }[]): void;
  /** The exposition text, after `refresh` has set the gauges. */
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** A scrape waits no longer than this for the gauges: the counters are wanted most of all when something hangs. */
const REFRESH_WITHIN_MS = 3_000;

/** `refresh` reads what gauges show, once per scrape. When it fails or hangs the gauges are left out: an old figure would pass for a new one. */
export function createMetrics(
  refresh: (metrics: Metrics) => Promise<void>,
  { refreshWithinMs = REFRESH_WITHIN_MS, defaults = true }: { refreshWithinMs?: number; defaults?: boolean } = {},
): Metrics {
  const registry = new Registry();
  if (defaults) collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  for (const [name, { type, labels, help }] of Object.entries(METRICS)) {
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') counters.set(name, new Counter(options));
    else gauges.set(name, new Gauge(options));
  }
  const metrics: Metrics = {
    count: (name, labels, by = 1) => counters.get(name)?.inc(labels, by),
    set(name, values) {
      const gauge = gauges.get(name);
      if (gauge === undefined) return;
      clear(gauge);
      for (const { labels, value } of values) gauge.set(labels, value);
    },
    async text() {
      for (const gauge of gauges.values()) clear(gauge);
      if (!(await endsWithin(refreshWithinMs, refresh(metrics)))) {
        for (const gauge of gauges.values()) clear(gauge);
        metrics.count('hale_gauge_refresh_failures_total', {});
      }
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
  return metrics;
}

/** Without any value, not even zero: that is what a gauge without labels has from the start. */
function clear(gauge: Gauge): void {
  gauge.reset();
  gauge.remove({});
}

async function endsWithin(ms: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const ended = work.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

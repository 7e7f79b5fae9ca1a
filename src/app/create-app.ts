import { randomUUID } from 'node:crypto';
import { DETECTORS } from '../../detectors/index.ts';
import { REMEDIATIONS } from '../../remediations/index.ts';
import { connectKubernetes } from '../adapters/kubernetes/index.ts';
import { openSqliteStore } from '../adapters/sqlite/index.ts';
import { createTimerWaker } from '../adapters/timers/waker.ts';
import type { LoadedConfig } from '../config/loaded-config.ts';
import { diagnose } from '../diagnosis/index.ts';

import { type LoadedPolicy, rulesHash } from '../domain/policy.ts';
import { GATE_DEFAULTS } from '../gates/facts.ts';
import { GATES } from '../gates/index.ts';
import { operatorCeiling } from '../gates/operator-mode.ts';
import { readFreeze } from '../gates/read-freeze.ts';
import { createHttpServer } from '../http/server.ts';
import { createAlertIntake } from '../intake/alert-intake.ts';
import { prepareCredentials } from '../intake/authenticate.ts';
import { createAlertReader } from '../intake/read-alerts.ts';
import { createScanIntake } from '../intake/scan-intake.ts';
import { createWatchdog } from '../intake/watchdog.ts';
import { createOperations, type Operations } from '../operations/index.ts';
import { loadPolicies, matchPolicies } from '../policies/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { MetricsReader } from '../ports/metrics.ts';
import type { StepObserver } from '../ports/steps.ts';
import type { LoweredAutonomy, Store } from '../ports/store.ts';
import { createAlertRecogniser } from '../recognition/index.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { createScan } from '../scan/index.ts';
import type { Logger } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { stepEvents, traced } from '../telemetry/tracing.ts';
import { createTopology } from '../topology/index.ts';
import { createReadingPool, openReading } from '../workflow/reading.ts';
import { createTick } from '../workflow/tick.ts';
import { createWorkloadLogs } from '../workload-logs/index.ts';
import { advisorOf, alertmanagerOf, channelsOf, prometheusOf } from './adapters.ts';
import { detectorConfigOf } from './detector-config.ts';
import { type Logs, startLogs } from './logs.ts';
import { startMaintenance } from './maintenance.ts';
import { intakeMeter, refreshGauges, workflowMeter } from './meters.ts';
import { startScanning } from './scanning.ts';
import { createSkillRunner } from './skills.ts';
import { createStops } from './stops.ts';
import { BUILTIN_POLICIES, VERSION } from './version.ts';

export interface AppOptions {
  readonly config: LoadedConfig;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told at each named point of a tick. */
  readonly steps?: StepObserver;
}

export interface App {
  readonly url: string;
  /** Where shippers of logs send to; null when none may. */
  readonly logsUrl: string | null;
  readonly store: Store;
  readonly operations: Operations;
  /** Resolves when a part ended without which the daemon is deaf: the process is to end, and to say why. */
  readonly failed: Promise<Error>;
  /** Stops everything in reverse, each part within `withinMs`; the names of those that did not stop in time. */
  stop(withinMs: number): Promise<readonly string[]>;
}

/** All bodies under way together. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;
const ASK_ALERTMANAGER_TIMEOUT_MS = 5_000;
/** The alert that always fires opens no incident, also where nobody asked to have it expected. */
const DEFAULT_WATCHDOG = 'Watchdog';
const MAX_CONNECTIONS = 2_000;
/** Beyond this lag new requests are put off with 503, which Alertmanager repeats. */
const MAX_EVENT_LOOP_DELAY_MS = 2_000;
const STOP_TICKS_WITHIN_MS = 10_000;
const STOP_HTTP_WITHIN_MS = 3_000;

/**
 * The composition root: straight-line code, top to bottom; each thing that is started registers its stop at once. When a step fails, what
 * was started is stopped again and the error goes on.
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, clock, log } = options;
  const stops = createStops((name, error) => log.warn({ part: name, err: error }, 'part did not stop cleanly'));
  try {
    return await start(options, stops);
  } catch (error) {
    await stops.stop(5_000);
    log.error({ err: error, config: config.file, at: clock.now() }, 'start failed');
    throw error;
  }
}

async function start({ config, clock, log, steps }: AppOptions, stops: ReturnType<typeof createStops>): Promise<App> {
  const startedAt = clock.now();
  const redactor = createRedactor(config.redaction);
  const newId = randomUUID;
  const detectorConfig = detectorConfigOf(config, DETECTORS);
  const policies = await loadPolicies({
    directories: [...config.policies.directories, ...(config.policies.builtin ? [BUILTIN_POLICIES] : [])],
    remediations: REMEDIATIONS,
  });

  const opened = await openSqliteStore({ path: config.store.path, clock });
  stops.add('store', () => opened.close());
  const store: Store = { ...opened, loweredAutonomy: () => stillLowered(opened, policies) };
  let logs: Logs | null = null;
  const metrics = createMetrics((all) => refreshGauges(all, operations, logs?.tails ?? new Map()));

  const prometheus = prometheusOf(config);
  stops.add('prometheus', () => prometheus.close());
  const reading = traced('prometheus', prometheus, ['instant', 'range', 'alertRules']);
  const alertmanager = alertmanagerOf(config);
  stops.add('alertmanager', () => alertmanager?.close());

  const { namespaces } = config.scope;
  const kubernetes = await connectKubernetes({
    ...(config.kubernetes.kubeconfig === null ? {} : { kubeconfig: config.kubernetes.kubeconfig }),
    ...(config.kubernetes.context === null ? {} : { context: config.kubernetes.context }),
    namespaces: namespaces.includes('*') ? '*' : namespaces,
    now: () => clock.now(),
    onWatch({ resource, change, namespace, detail }) {
      metrics.count('hale_watch_changes_total', { resource, change });
      if (change !== 'listed')
        log.info({ resource, namespace, change, detail: redactor.text(detail) }, 'watch changed');
    },
  });
  const cluster = traced('kubernetes', kubernetes.reader, [
    'freshWorkload',
    'freshAutoscaler',
    'configMap',
    'revisions',
    'freshPods',
    'object',
    'eventsAbout',
    'autoscalersOf',
    'endpointsOf',
    'networkPolicies',
    'quotas',
    'volumeClaims',
    'storageClasses',
    'disruptionBudgets',
    'nodes',
    'podLog',
  ]);
  const writer = traced('kubernetes', kubernetes.writer, [
    'scale',
    'evictPod',
    'replaceFields',
    'recordEvent',
    'putConfigMap',
  ]);

  const waker = createTimerWaker({
    store,
    clock,
    onFailure: (error, ref) => log.error({ err: error, record: ref?.record, id: ref?.id }, 'waking failed'),
  });
  const modeCeiling = (policyId: string | null, namespace: string | null) =>
    operatorCeiling(config.autonomy, policyId, namespace);
  const freezeReaders = { store, cluster, settings: config.freeze };
  const topology = (asked: Pick<MetricsReader, 'instant'>, now: () => number) =>
    createTopology({ cluster, metrics: asked, now, calls: config.catalogue.calls });
  const readers = {
    metrics: reading,
    cluster,
    topology,
    logs: createWorkloadLogs({ counts: opened.logCounts, cluster }),
    redact: redactor,
    newId,
    queriesPerMinute: config.prometheus.queriesPerIncidentPerMinute,
  };
  const skillPool = createReadingPool();
  const tick = createTick(
    {
      ...readers,
      clock,
      store,
      writer,
      recogniser: createAlertRecogniser({ metrics: reading, now: () => clock.now() }),
      detectors: DETECTORS,
      detectorConfig,
      remediations: REMEDIATIONS,
      diagnose,
      advisor: advisorOf(config, (text) => redactor.outbound(text)),
      policies,
      modeCeiling,
      gates: {
        ...GATE_DEFAULTS,
        freeze: config.freeze,
        scope: config.scope,
        storm: config.storm,
        catalogue: config.catalogue.databases,
      },
      channels: channelsOf(config),
      steps: steps ?? stepEvents,
      settings: config.workflow,
      log,
      meter: workflowMeter(metrics),
    },
    (ref, at) => waker.hint(ref, at),
  );

  const watchdog =
    config.intake.watchdog === null
      ? null
      : createWatchdog({
          store,
          clock,
          newId,
          ...config.intake.watchdog,
          onSignal: (ref, at) => waker.hint(ref, at),
          onFailure: (error) => log.warn({ err: error }, 'watchdog signal not stored'),
        });
  const watchdogName = watchdog?.alertname ?? DEFAULT_WATCHDOG;
  const meter = intakeMeter(metrics);
  const intake = createAlertIntake({
    store,
    cluster,
    alerts: alertmanager,
    reader: createAlertReader({ redactor, limits: config.intake, watchdogName, newId }),
    clock,
    newId,
    limits: {
      ...config.intake,
      settleMs: config.workflow.settleMs,
      askTimeoutMs: ASK_ALERTMANAGER_TIMEOUT_MS,
    },
    onSignal: (ref, at) => waker.hint(ref, at),
    meter,
    watchdogSeen: (now) => watchdog?.seen(now),
  });
  let lastScan: Awaited<ReturnType<Operations['status']>>['scan'] = null;
  const operations = createOperations({
    clock,
    store,
    cluster,
    newId,
    hint: (ref, at) => waker.hint(ref, at),
    redactText: (text) => redactor.text(text),
    policies,
    matchPolicies,
    modeCeiling,
    namespaces,
    gateSummaries: Object.fromEntries(GATES.map((gate) => [gate.id, gate.summary])),
    readFreeze: () => readFreeze(freezeReaders),
    runSkill: createSkillRunner((signal) => openReading(readers, skillPool, 'skill', clock.now(), signal)),
    callGraph: (only) => topology(reading, () => clock.now()).graph(only),
    freezeConfigMap: `${config.freeze.namespace}/${config.freeze.configMap}`,
    model: config.model === null ? null : { name: config.model.name, perDay: config.model.budget.perDay },
    lastScan: () => lastScan,
    version: VERSION,
    startedAt,
  });

  const http = await createHttpServer({
    listen: config.listen,
    tokens: config.api.tokens,
    operations,
    metricsText: () => metrics.text(),
    readiness: () => operations.readiness(),
    limits: {
      bodyTimeoutMs: config.intake.bodyTimeoutMs,
      maxConnections: MAX_CONNECTIONS,
      maxEventLoopDelayMs: MAX_EVENT_LOOP_DELAY_MS,
    },
    onAnswer: (route, status) => metrics.count('hale_http_answers_total', { route, status: String(status) }),
    log,
    alerts: {
      intake,
      credentials: prepareCredentials(config.intake.auth),
      redaction: config.redaction,
      watchdogName,
      limits: {
        maxAlertsPerBody: config.intake.maxAlertsPerBody,
        maxLabelsPerAlert: config.intake.maxLabelsPerAlert,
        maxLabelBytes: config.intake.maxLabelBytes,
        maxPendingCommits: config.intake.maxPendingCommits,
        maxPendingBytes: MAX_PENDING_BYTES,
        maxBodyBytes: config.intake.maxBodyBytes,
        maxRequests: config.intake.maxPendingCommits * 4,
      },
      onNotRead: (code) => meter.refused(code),
    },
  });
  stops.add('http', () => http.close(STOP_HTTP_WITHIN_MS));
  log.info({ url: http.url, version: VERSION, policies: policies.length }, 'listening');

  logs = await startLogs({ config, store: opened.logs, redactor, clock, metrics, log, stops });

  // Alerts are taken (or put off) while the first lists are read.
  stops.add('kubernetes', () => kubernetes.stop());
  await kubernetes.start();
  const state = cluster.cacheState();
  if (state.state !== 'ready')
    log.warn(
      { state: state.state, detail: state.state === 'behind' ? state.detail : '' },
      'cluster not fully known yet',
    );

  stops.add(
    'retention',
    startMaintenance({
      store,
      logs: opened.logs,
      clock,
      retention: config.retention,
      metrics,
      onFailure: (error) => log.warn({ err: error }, 'retention failed'),
    }),
  );
  watchdog?.start();
  stops.add('watchdog', () => watchdog?.stop());
  if (config.scan.enabled)
    stops.add(
      'scan',
      startScanning({
        scan: createScan({
          ...config.scan,
          metrics: reading,
          cluster,
        }),
        intake: createScanIntake({
          store,
          clock,
          newId,
          settleMs: config.workflow.settleMs,
          onSignal: (ref, at) => waker.hint(ref, at),
        }),
        store,
        cluster,
        clock,
        metrics,
        log,
        onReport: (report) => {
          lastScan = report;
        },
      }),
    );
  // Stopped first: no tick begins any more, and those under way end.
  await waker.start(tick);
  stops.add('waker', () => waker.stop(STOP_TICKS_WITHIN_MS));
  const stop = (withinMs: number) => stops.stop(withinMs);
  return { url: http.url, logsUrl: logs.url, store, operations, failed: http.failed, stop };
}

/** Lowered autonomy counts until the rules that it was lowered under are changed. */
async function stillLowered(store: Store, policies: readonly LoadedPolicy[]): Promise<readonly LoweredAutonomy[]> {
  const lowered = await store.loweredAutonomy();
  return lowered.filter((entry) => entry.rulesHash === rulesHash(policies, entry.policyId));
}

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { systemClock } from '../../src/adapters/timers/system-clock.ts';
import type { Signal } from '../../src/domain/signal.ts';
import { SHOP_NAMESPACE } from '../../src/simulation/shop-model.ts';
import { incidentOf, T0 } from '../contract/store-records.ts';
import { type ShopWorld, startShopWorld, until } from '../process/shop-world.ts';
import { type AlertConnection, openAlertConnection } from './alert-sender.ts';
import { measureAlertmanager } from './alertmanager-peer.ts';
import { BENCH_NAMESPACE, type DaemonProcess, startDaemon } from './daemon.ts';
import type { Bench } from './figure.ts';

const ALERTS_PER_BODY = 10;
const CONNECTIONS = 32;
const WARM_UP_MS = 2_000;
const MEASURE_MS = 10_000;
const WORKLOADS = 200;
/** The shop of the second half: how much faster its clock runs, and how many workloads the flood is about. */
const SHOP_FACTOR = 15;
const SHOP_WORKLOADS = 20;
const HEALS_WITHIN_MS = 60_000;

export const bench: Bench = {
  name: 'ingest',
  summary:
    'durable webhook intake over loopback, groups of 10 alerts, against the bare store and Alertmanager; then a SIGKILL in mid-run',
  async run({ emit, progress, seed }) {
    const figure = { bench: 'ingest', seed } as const;
    progress(`the bare store, ${MEASURE_MS / 1000} s after ${WARM_UP_MS / 1000} s`);
    const bare = await measureStore();
    progress(`the daemon as a process, ${MEASURE_MS / 1000} s after ${WARM_UP_MS / 1000} s`);
    const daemon = await startDaemon('src/main.ts', WORKLOADS, seed);
    try {
      const run = await measureIntake(daemon);
      emit({
        ...figure,
        figure: 'accepted_alerts_per_s',
        value: Math.round(run.alertsPerS),
        unit: 'alerts/s',
        better: 'higher',
        must: Math.max(10_000, Math.round(bare.alertsPerS / 2)),
        peer: { name: 'the same signals committed to the store alone', value: Math.round(bare.alertsPerS) },
        ratio: round(run.alertsPerS / bare.alertsPerS),
      });
      // Tells a busy machine from a slow daemon: the rate above also falls when others use the cores.
      emit({
        ...figure,
        figure: 'cpu_us_per_alert',
        value: round(run.cpuUs),
        unit: 'us',
        better: 'lower',
        peer: { name: 'the same signals committed to the store alone', value: round(bare.cpuUs) },
        ratio: round(run.cpuUs / bare.cpuUs),
      });
      emit({ ...figure, figure: 'body_p99_ms', value: round(run.p99Ms), unit: 'ms', better: 'lower' });
      const share = { ...figure, unit: 'ratio', better: 'lower' } as const;
      emit({ ...share, figure: 'refused_share', value: round(run.refusedShare) });
      emit({ ...share, figure: 'new_incident_share', value: Number(run.newIncidentShare.toPrecision(3)) });
    } finally {
      await daemon.stop();
    }
    progress(
      'a sick shop under the same flood: SIGKILL just after Hale acted, then every body that was answered is sent again',
    );
    const after = await killAndSendAgain();
    emit({
      ...figure,
      figure: 'lost_after_kill',
      value: after.lost,
      unit: 'alerts',
      better: 'lower',
      must: 0,
      peer: { name: 'alerts answered with 200 before the kill', value: after.acknowledged },
    });
    emit({
      ...figure,
      figure: 'actions_with_a_kill',
      value: after.writes,
      unit: 'writes',
      better: 'lower',
      must: 1,
      peer: { name: 'incidents healed', value: after.healed },
    });
    const peer = await measureAlertmanager(
      () => newAlerts({ name: 'workload-0', pod: 'workload-0-1' }),
      MEASURE_MS,
      progress,
    );
    if (peer !== null)
      emit({
        ...figure,
        figure: 'alertmanager_alerts_per_s',
        value: Math.round(peer),
        unit: 'alerts/s',
        better: 'higher',
      });
  },
};

let nextOccurrence = 0;

interface BenchAlert {
  readonly status: 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

type Target = DaemonProcess['workloads'][number];

/** Alerts that nobody has seen before. */
function newAlerts(target: Target): readonly BenchAlert[] {
  return Array.from({ length: ALERTS_PER_BODY }, () => {
    nextOccurrence += 1;
    return alertOf(target, BENCH_NAMESPACE, instanceAt(nextOccurrence), fingerprintAt(nextOccurrence));
  });
}

function instanceAt(occurrence: number): string {
  return `10.244.0.1:${occurrence % 60_000}`;
}

function fingerprintAt(occurrence: number): string {
  return occurrence.toString(16).padStart(16, '0');
}

function alertOf(target: Target, namespace: string, instance: string, fingerprint: string): BenchAlert {
  return {
    status: 'firing',
    labels: { alertname: 'HighLatency', namespace, pod: target.pod, severity: 'warning', instance, job: 'bench' },
    annotations: {
      summary: `p95 of ${target.name} is 812 ms`,
      description: 'Requests take longer than 500 ms for 5 minutes. Current value: 0.812',
      runbook_url: 'https://runbooks.example/high-latency',
    },
    startsAt: '2026-11-23T12:00:00.123456789Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus:9090/graph?g0.expr=up',
    fingerprint,
  };
}

/** The workloads take turns, a body each. */
function nextTarget<T extends Target>(targets: readonly T[]): T {
  const target = targets[(nextOccurrence / ALERTS_PER_BODY) % targets.length];
  if (target === undefined) throw new Error('the bench has no workloads');
  return target;
}

const PLACES = { instance: '@instance@', fingerprint: '@fingerprint@' } as const;
/** By workload: the text of its alerts, cut where they differ. */
const templates = new Map<string, readonly string[]>();

/** A body of Alertmanager version 4, of alerts that nobody has seen before. Filled in rather than encoded anew: what the sender saves, the daemon may use. */
function newBody(target: Target, namespace = BENCH_NAMESPACE): string {
  const [before = '', between = '', after = ''] = templates.get(target.pod) ?? templateOf(target, namespace);
  const alerts = Array.from({ length: ALERTS_PER_BODY }, () => {
    nextOccurrence += 1;
    return before + instanceAt(nextOccurrence) + between + fingerprintAt(nextOccurrence) + after;
  });
  return `${BODY_BEFORE}${alerts.join(',')}${BODY_AFTER}`;
}

function templateOf(target: Target, namespace: string): readonly string[] {
  const text = JSON.stringify(alertOf(target, namespace, PLACES.instance, PLACES.fingerprint));
  const template = text.split(/@instance@|@fingerprint@/);
  templates.set(target.pod, template);
  return template;
}

const [BODY_BEFORE = '', BODY_AFTER = ''] = JSON.stringify({
  receiver: 'hale',
  status: 'firing',
  alerts: ['@alerts@'],
  groupLabels: { alertname: 'HighLatency' },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager:9093',
  version: '4',
  groupKey: '{}:{alertname="HighLatency"}',
  truncatedAlerts: 0,
}).split('"@alerts@"');

interface Rate {
  readonly alertsPerS: number;
  /** Processor time of the process that stores, user and system. */
  readonly cpuUs: number;
}

interface IntakeRun extends Rate {
  readonly p99Ms: number;
  readonly refusedShare: number;
  readonly newIncidentShare: number;
}

async function measureIntake(daemon: DaemonProcess): Promise<IntakeRun> {
  const latencies: number[] = [];
  let accepted = 0;
  let opened = 0;
  let all = 0;
  let refused = 0;
  const from = performance.now() + WARM_UP_MS;
  let last = from;
  let cpuFromS: number | null = null;
  const nextBody = (): string | undefined =>
    performance.now() < from + MEASURE_MS ? newBody(nextTarget(daemon.workloads)) : undefined;
  await send(daemon, nextBody, ({ status, answer, startedAt, endedAt }) => {
    // New incidents belong to the whole run: with a fixed set of workloads they all open in its first moments.
    opened += answer.incidentsOpened ?? 0;
    all += answer.accepted ?? 0;
    if (startedAt < from) return;
    cpuFromS ??= daemon.cpuS();
    last = endedAt;
    latencies.push(endedAt - startedAt);
    if (status === 200) accepted += answer.accepted ?? 0;
    else refused += 1;
  });
  latencies.sort((a, b) => a - b);
  return {
    alertsPerS: accepted / ((last - from) / 1000),
    cpuUs: ((daemon.cpuS() - (cpuFromS ?? 0)) * 1e6) / Math.max(1, accepted),
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
    refusedShare: refused / Math.max(1, latencies.length),
    newIncidentShare: opened / Math.max(1, all),
  };
}

interface Answer {
  readonly accepted?: number;
  readonly duplicates?: number;
  readonly ignored?: number;
  readonly incidentsOpened?: number;
}
interface Taken {
  readonly status: number;
  readonly answer: Answer;
  readonly text: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** As many senders as there are connections, each with one body under way, until there is no next one. Rejects when the daemon goes away. */
async function send(
  { url, token }: { readonly url: string; readonly token: string },
  nextBody: () => string | undefined,
  took: (taken: Taken) => void,
): Promise<void> {
  const connections = Array.from({ length: CONNECTIONS }, () => openAlertConnection(url, '/api/v1/alerts', token));
  async function one(connection: AlertConnection): Promise<void> {
    for (let text = nextBody(); text !== undefined; text = nextBody()) {
      const startedAt = performance.now();
      const { status, body } = await connection.post(text);
      took({ status, answer: JSON.parse(body) as Answer, text, startedAt, endedAt: performance.now() });
    }
  }
  try {
    await Promise.all(connections.map(one));
  } finally {
    for (const connection of connections) connection.close();
  }
}

interface AfterKill {
  readonly acknowledged: number;
  /** Alerts that were answered with 200 and that the next process does not know. */
  readonly lost: number;
  readonly writes: number;
  readonly healed: number;
}

/** The simulated shop with a real fault, on a faster clock; the flood is about other workloads of the same namespace. */
async function killAndSendAgain(): Promise<AfterKill> {
  const world = await startShopWorld({ factor: SHOP_FACTOR, more: 'storm: { sickSubjects: 1000 }\n' });
  try {
    const targets = Array.from({ length: SHOP_WORKLOADS }, (_, index) => shopTarget(world, index));
    const doomed = await world.startHale();
    world.simulation.inject('pool-too-small');
    const acknowledged: string[] = [];
    const flood = send(
      doomed,
      () => newBody(nextTarget(targets), SHOP_NAMESPACE),
      ({ status, text }) => {
        if (status === 200) acknowledged.push(text);
      },
      // The requests that are under way when the process dies fail; they were never answered.
    ).catch(() => undefined);
    await until('an action', HEALS_WITHIN_MS, () => (world.scaleWrites() > 0 ? true : undefined));
    await doomed.kill();
    await flood;

    const next = await world.startHale();
    const again = [...acknowledged];
    let known = 0;
    await send(
      next,
      () => again.pop(),
      ({ status, answer }) => {
        if (status !== 200) throw new Error(`the new process answered ${status}`);
        known += answer.duplicates ?? 0;
      },
    );
    const healed = await until('a healed incident', HEALS_WITHIN_MS, async () => {
      const found = (await next.incidents()).filter(({ phase }) => phase === 'resolved').length;
      return found > 0 ? found : undefined;
    });
    return {
      acknowledged: acknowledged.length * ALERTS_PER_BODY,
      lost: acknowledged.length * ALERTS_PER_BODY - known,
      writes: world.scaleWrites(),
      healed,
    };
  } finally {
    await world.end();
  }
}

function shopTarget({ simulation: { kubernetes } }: ShopWorld, index: number): Target {
  const name = `workload-${index}`;
  kubernetes.addDeployment({ namespace: SHOP_NAMESPACE, name, replicas: 1 });
  return { name, pod: kubernetes.readyPods(SHOP_NAMESPACE, name)[0]?.metadata.name ?? '' };
}

/** The same rows without HTTP, parsing, redaction and subjects, as many changes in flight: what the store takes at most. */
async function measureStore(): Promise<Rate> {
  const folder = mkdtempSync(join(tmpdir(), 'hale-bench-bare-'));
  const store = await openSqliteStore({ path: join(folder, 'store.db'), clock: systemClock });
  // The ids of real incidents, for they stand in every row and in an index.
  const incidents = Array.from({ length: WORKLOADS }, () => randomUUID());
  for (const id of incidents) await store.commit({ save: [{ record: incidentOf(id), expectedVersion: 0 }] });
  const targets = incidents.map((id, index) => ({
    id,
    name: `workload-${index}`,
    pod: `workload-${index}-7d4b9c8f6d-x2k4j`,
  }));
  const from = performance.now() + WARM_UP_MS;
  let committed = 0;
  let last = from;
  let cpuFrom: NodeJS.CpuUsage | null = null;
  async function one(): Promise<void> {
    for (let now = performance.now(); now < from + MEASURE_MS; now = performance.now()) {
      const target = nextTarget(targets);
      const signals = newAlerts(target).map((alert) => signalOf(alert, target.id));
      const result = await store.commit({ signals, wakeAt: systemClock.now() + 1_000 });
      if (result !== 'committed') throw new Error(`the bare store refused a change: ${result.detail}`);
      if (now < from) continue;
      cpuFrom ??= process.cpuUsage();
      committed += signals.length;
      last = performance.now();
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  const { user, system } = process.cpuUsage(cpuFrom ?? undefined);
  await store.close();
  rmSync(folder, { recursive: true, force: true });
  return { alertsPerS: committed / ((last - from) / 1000), cpuUs: (user + system) / Math.max(1, committed) };
}

/** What intake makes of an alert. */
function signalOf(alert: BenchAlert, incidentId: string): Signal {
  return {
    id: randomUUID(),
    kind: 'alert',
    dedupeKey: `${alert.fingerprint}|${alert.startsAt}|firing`,
    occurrence: `${alert.fingerprint}|2026-11-23T12:00:00.123Z`,
    status: 'firing',
    name: alert.labels['alertname'] ?? '',
    labels: alert.labels,
    annotations: alert.annotations,
    generatorUrl: alert.generatorURL,
    startedAt: T0,
    receivedAt: T0,
    incidentId,
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

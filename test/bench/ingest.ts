import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Pool } from 'undici';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { systemClock } from '../../src/app/system-clock.ts';
import { incidentOf, signalOf } from '../contract/store-records.ts';
import { measureAlertmanager } from './alertmanager-peer.ts';
import { BENCH_NAMESPACE, type DaemonProcess, startDaemon } from './daemon.ts';
import type { Bench } from './figure.ts';

const ALERTS_PER_BODY = 10;
const CONNECTIONS = 32;
const WARM_UP_MS = 2_000;
const MEASURE_MS = 10_000;
const KILL_AFTER_MS = 2_000;
const WORKLOADS = 200;

export const bench: Bench = {
  name: 'ingest',
  summary:
    'durable webhook intake over loopback, groups of 10 alerts, against the bare store and Alertmanager; then a SIGKILL in mid-run',
  async run({ emit, progress, seed }) {
    progress(`the bare store, ${MEASURE_MS / 1000} s`);
    const bare = await measureStore();
    progress(`the daemon as a process, ${MEASURE_MS / 1000} s`);
    const daemon = await startDaemon('src/main.ts', WORKLOADS, seed);
    try {
      const run = await measureIntake(daemon);
      emit({
        bench: 'ingest',
        figure: 'accepted_alerts_per_s',
        value: Math.round(run.alertsPerS),
        unit: 'alerts/s',
        better: 'higher',
        must: Math.max(10_000, bare / 2),
        peer: { name: 'the same changes committed to the store alone', value: Math.round(bare) },
        ratio: round(run.alertsPerS / bare),
        seed,
      });
      emit({ bench: 'ingest', figure: 'body_p99_ms', value: round(run.p99Ms), unit: 'ms', better: 'lower', seed });
      emit({
        bench: 'ingest',
        figure: 'refused_share',
        value: round(run.refusedShare),
        unit: 'ratio',
        better: 'lower',
        seed,
      });
      emit({
        bench: 'ingest',
        figure: 'new_incident_share',
        value: round(run.newIncidentShare),
        unit: 'ratio',
        better: 'lower',
        seed,
      });

      progress('SIGKILL in mid-run, then every accepted alert is looked for in the store');
      const lost = await killAndCount(daemon);
      emit({
        bench: 'ingest',
        figure: 'lost_after_kill',
        value: lost.missing,
        unit: 'alerts',
        better: 'lower',
        must: 0,
        peer: { name: 'alerts answered with 200', value: lost.accepted },
        seed,
      });
      emit({
        bench: 'ingest',
        figure: 'intents_twice_after_kill',
        value: lost.repeatedIntents,
        unit: 'intents',
        better: 'lower',
        must: 0,
        seed,
      });
    } finally {
      await daemon.stop();
    }
    const peer = await measureAlertmanager(body, ALERTS_PER_BODY, MEASURE_MS, progress);
    if (peer !== null)
      emit({
        bench: 'ingest',
        figure: 'alertmanager_alerts_per_s',
        value: Math.round(peer),
        unit: 'alerts/s',
        better: 'higher',
        seed,
      });
  },
};

let nextOccurrence = 0;

/** One body of Alertmanager version 4 with new occurrences; the workload's name and pod go round. */
function body(targets: readonly { readonly name: string; readonly pod: string }[]): {
  text: string;
  alerts: unknown[];
  keys: string[];
} {
  const target = targets[nextOccurrence % targets.length] ?? { name: 'workload-0', pod: 'pod' };
  const keys: string[] = [];
  const alerts = Array.from({ length: ALERTS_PER_BODY }, () => {
    nextOccurrence += 1;
    const fingerprint = nextOccurrence.toString(16).padStart(16, '0');
    const startsAt = '2026-11-23T12:00:00.123456789Z';
    keys.push(`${fingerprint}|${startsAt}|firing`);
    const labels = {
      alertname: 'HighLatency',
      namespace: BENCH_NAMESPACE,
      pod: target.pod,
      severity: 'warning',
      instance: `10.244.0.1:${nextOccurrence % 60_000}`,
      job: 'bench',
    };
    const annotations = {
      summary: `p95 of ${target.name} is 812 ms`,
      description: 'Requests take longer than 500 ms for 5 minutes. Current value: 0.812',
      runbook_url: 'https://runbooks.example/high-latency',
    };
    return {
      status: 'firing',
      labels,
      annotations,
      startsAt,
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus:9090/graph?g0.expr=up',
      fingerprint,
    };
  });
  const text = JSON.stringify({
    receiver: 'hale',
    status: 'firing',
    alerts,
    groupLabels: { alertname: 'HighLatency' },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager:9093',
    version: '4',
    groupKey: '{}:{alertname="HighLatency"}',
    truncatedAlerts: 0,
  });
  return { text, alerts, keys };
}

interface IntakeRun {
  readonly alertsPerS: number;
  readonly p99Ms: number;
  readonly refusedShare: number;
  readonly newIncidentShare: number;
}

async function measureIntake(daemon: DaemonProcess): Promise<IntakeRun> {
  const latencies: number[] = [];
  let accepted = 0;
  let opened = 0;
  let refused = 0;
  let measuring = false;
  const end = performance.now() + WARM_UP_MS + MEASURE_MS;
  setTimeout(() => (measuring = true), WARM_UP_MS);
  await post(daemon, end, (status, answer, ms) => {
    if (!measuring) return;
    latencies.push(ms);
    if (status !== 200) {
      refused += 1;
      return;
    }
    accepted += answer.accepted ?? 0;
    opened += answer.incidentsOpened ?? 0;
  });
  latencies.sort((a, b) => a - b);
  return {
    alertsPerS: accepted / (MEASURE_MS / 1000),
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
    refusedShare: refused / Math.max(1, latencies.length),
    newIncidentShare: opened / Math.max(1, accepted),
  };
}

interface Answer {
  readonly accepted?: number;
  readonly incidentsOpened?: number;
}

async function post(
  daemon: DaemonProcess,
  end: number,
  took: (status: number, answer: Answer, ms: number, keys: readonly string[]) => void,
): Promise<void> {
  const pool = new Pool(daemon.url, { connections: CONNECTIONS, pipelining: 1 });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${daemon.token}` };
  async function one(): Promise<void> {
    while (performance.now() < end) {
      const { text, keys } = body(daemon.workloads);
      const started = performance.now();
      const response = await pool.request({ path: '/api/v1/alerts', method: 'POST', headers, body: text });
      const answer = (await response.body.json()) as Answer;
      took(response.statusCode, answer, performance.now() - started, keys);
    }
  }
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, one));
  } finally {
    await pool.destroy();
  }
}

async function killAndCount(
  daemon: DaemonProcess,
): Promise<{ accepted: number; missing: number; repeatedIntents: number }> {
  const acknowledged: string[] = [];
  const killed = new Promise<void>((resolve) => {
    setTimeout(() => void daemon.kill().then(resolve), KILL_AFTER_MS);
  });
  // The requests that were under way when the process died fail; they were never answered.
  await post(daemon, performance.now() + KILL_AFTER_MS * 2, (status, _answer, _ms, keys) => {
    if (status === 200) acknowledged.push(...keys);
  }).catch(() => undefined);
  await killed;
  const db = new DatabaseSync(daemon.storePath);
  const find = db.prepare('SELECT 1 AS found FROM signal WHERE dedupe_key = ?');
  const missing = acknowledged.filter((key) => find.get(key) === undefined).length;
  const intents = db.prepare('SELECT COUNT(*) - COUNT(DISTINCT idempotency_key) AS repeated FROM intent').get() as {
    repeated: number;
  };
  db.close();
  return { accepted: acknowledged.length, missing, repeatedIntents: intents.repeated };
}

/** The same changes without HTTP, parsing, redaction and subjects: what the store takes at most. */
async function measureStore(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'hale-bench-bare-'));
  const store = await openSqliteStore({ path: join(folder, 'store.db'), clock: systemClock });
  const incident = incidentOf('bench');
  await store.commit({ save: [{ record: incident, expectedVersion: 0 }] });
  const end = performance.now() + MEASURE_MS;
  let committed = 0;
  let next = 0;
  async function one(): Promise<void> {
    while (performance.now() < end) {
      const signals = Array.from({ length: ALERTS_PER_BODY }, () => signalOf(`key-${(next += 1)}`, incident.id));
      if ((await store.commit({ signals, wakeAt: systemClock.now() })) === 'committed') committed += signals.length;
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  await store.close();
  rmSync(folder, { recursive: true, force: true });
  return committed / (MEASURE_MS / 1000);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeCluster, fakeCluster, fakeWorkload } from '../../../test/fakes/cluster.ts';
import { openSqliteStore } from '../../adapters/sqlite/index.ts';
import type { Store } from '../../ports/store.ts';
import { createRedactor, type Redactor } from '../../redaction/redactor.ts';
import { createManualClock, type ManualClock } from '../../simulation/clock.ts';
import {
  type AlertIntake,
  type AlertIntakeOptions,
  createAlertIntake,
  type IntakeLimits,
  type IntakeResult,
} from '../alert-intake.ts';
import { createAlertReader } from '../read-alerts.ts';
import { type BodyReceiver, createBodyReceiver, type PendingLimits } from '../receive-body.ts';

export const START = Date.parse('2026-11-22T08:00:00Z');

export const LIMITS: IntakeLimits & PendingLimits = {
  maxAlertsPerBody: 100,
  maxLabelsPerAlert: 40,
  maxLabelBytes: 1_024,
  maxPendingCommits: 16,
  maxPendingBytes: 1_000_000,
  cacheGraceMs: 60_000,
  settleMs: 10_000,
  askTimeoutMs: 5_000,
};

export interface AlertFields {
  readonly status?: 'firing' | 'resolved';
  readonly labels?: Record<string, unknown>;
  readonly annotations?: Record<string, unknown>;
  readonly startsAt?: unknown;
  readonly fingerprint?: unknown;
}

/** An alert as Alertmanager sends it. */
export function alertOf({ status = 'firing', labels, annotations, startsAt, fingerprint }: AlertFields = {}) {
  return {
    status,
    labels: labels ?? { alertname: 'OrdersPoolWaiting', namespace: 'shop', deployment: 'orders' },
    annotations: annotations ?? { summary: 'orders waits for connections' },
    startsAt: startsAt ?? '2026-11-22T07:58:25.736764521Z',
    endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : '2026-11-22T07:59:00Z',
    generatorURL: 'http://prometheus:9090/graph?g0.expr=up',
    fingerprint: fingerprint ?? '752f2388a83769bd',
  };
}

/** A body as Alertmanager 0.25 posts it. */
export function bodyOf(alerts: readonly unknown[], more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    receiver: 'web\\.hook-1',
    status: 'firing',
    alerts,
    groupLabels: { alertname: 'OrdersPoolWaiting' },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager:9093',
    version: '4',
    groupKey: '{}:{alertname="OrdersPoolWaiting"}',
    truncatedAlerts: 0,
    ...more,
  });
}

/** What both halves of intake are made of: reading a body, and storing what was read. */
export interface WholeIntakeOptions extends Omit<AlertIntakeOptions, 'reader' | 'watchdogSeen'> {
  readonly redactor: Redactor;
  readonly limits: IntakeLimits & PendingLimits;
  readonly watchdog?: { readonly alertname: string; seen(now: number): void };
}

export interface IntakeBench {
  readonly intake: BodyReceiver<IntakeResult>;
  /** Its second half alone. */
  readonly storing: AlertIntake;
  readonly store: Store;
  readonly cluster: FakeCluster;
  readonly clock: ManualClock;
  /** Ids of the incidents that were hinted at, with when they are to wake. */
  readonly hints: { readonly id: string; readonly wakeAt: number }[];
  close(): Promise<void>;
}

/** Intake on an embedded store of its own, with a shop of two workloads. */
export async function openIntake(
  change: (options: WholeIntakeOptions) => Partial<WholeIntakeOptions> = () => ({}),
): Promise<IntakeBench> {
  const folder = mkdtempSync(join(tmpdir(), 'hale-intake-'));
  const clock = createManualClock({ startMs: START });
  const store = await openSqliteStore({ path: join(folder, 'store.db'), clock });
  const cluster = fakeCluster(() => clock.now());
  cluster.addWorkload(fakeWorkload());
  cluster.addWorkload(fakeWorkload({ subject: { name: 'web' } }));
  const hints: IntakeBench['hints'] = [];
  const base: WholeIntakeOptions = {
    store,
    cluster: cluster.reader,
    alerts: null,
    redactor: createRedactor(),
    clock,
    newId: countingIds(),
    limits: LIMITS,
    onSignal: ({ id }, wakeAt) => hints.push({ id, wakeAt }),
  };
  const options = { ...base, ...change(base) };
  const reader = createAlertReader({ ...options, watchdogName: options.watchdog?.alertname ?? null });
  const storing = createAlertIntake({ ...options, reader, watchdogSeen: (now) => options.watchdog?.seen(now) });
  const intake = createBodyReceiver({
    reader,
    take: (alerts) => storing.take(alerts),
    limits: options.limits,
    onRefused: (code) => options.meter?.refused(code),
  });
  async function close(): Promise<void> {
    await store.close();
    rmSync(folder, { recursive: true });
  }
  return { intake, storing, store, cluster, clock, hints, close };
}

export function countingIds(): () => string {
  let next = 0;
  return () => `id-${next++}`;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { scaleWorkload } from '../../remediations/scale-workload/index.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { diagnose } from '../../src/diagnosis/index.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { Incident } from '../../src/domain/incident.ts';
import type { Mode } from '../../src/domain/mode.ts';
import type { Notification } from '../../src/domain/obligation.ts';
import { type LoadedPolicy, Policy } from '../../src/domain/policy.ts';
import type { CauseReason } from '../../src/domain/reason.ts';
import { type Subject, subjectName } from '../../src/domain/subject.ts';
import { GATE_DEFAULTS } from '../../src/gates/facts.ts';
import type { ModelAdvisor } from '../../src/model/index.ts';
import { type Detector, defineDetector } from '../../src/plugin/detector.ts';
import type { ClusterReader, ClusterWriter, PodView, WorkloadView } from '../../src/ports/cluster.ts';
import type { MetricsReader, RangeSeries } from '../../src/ports/metrics.ts';
import type { Store } from '../../src/ports/store.ts';
import type { WorkloadLogsReader } from '../../src/ports/workload-logs.ts';
import { createAlertRecogniser } from '../../src/recognition/index.ts';
import { createManualClock, type ManualClock } from '../../src/simulation/clock.ts';
import type { WorkflowDeps } from '../../src/workflow/deps.ts';
import { WORKFLOW_DEFAULTS } from '../../src/workflow/settings.ts';
import { createTick } from '../../src/workflow/tick.ts';
import { type FakeCluster, fakeCluster, fakePods, fakeWorkload } from './cluster.ts';
import { NOBODY_CALLS, NOTHING_HEARD } from './read-context.ts';

/** What the test may change while time goes by. */
export interface World {
  /** What users feel, in seconds; null = Prometheus does not answer that. */
  usersS: number | null;
  trafficPerS: number | null;
  /** The same of the pods of the workload `web`, for a policy that asks for those who feel it. */
  webUsersS: number | null;
  /** Prometheus is down altogether. */
  prometheusDown: boolean;
  /** The detector finds the cause. */
  causeThere: boolean;
  /** What the detector tells of it. */
  found: Pick<Finding, 'reason' | 'unsettled'> & Partial<Pick<Finding, 'confidence'>>;
  /** Name of the only workload on which the cause is found; null = on every one that is looked at. */
  causeOn: string | null;
  /** Name of the workload that is blamed, whichever is looked at; null = the one that is looked at. */
  blamed: string | null;
  /** A second, weaker cause that the detector finds beside it, on the workload that is looked at. */
  alsoFound: CauseReason | null;
  /** The query for the neighbours is not answered. */
  neighboursDown: boolean;
  /** Whether the notification channel takes anything. */
  channelUp: boolean;
  /** What the operator allows. */
  mode: Mode;
  /** The expression of the rule behind the alert; null = Prometheus lists no such rule. */
  expression: string | null;
}

export interface WorkflowHarness {
  readonly world: World;
  readonly cluster: FakeCluster;
  readonly store: Store;
  readonly told: Notification[];
  readonly steps: string[];
  now(): number;
  /** Opens an incident on the workload (by default `orders`), as intake does. */
  alert(status?: 'firing' | 'resolved', occurrence?: string, workload?: string): Promise<void>;
  /** Lets virtual time pass, with every tick that falls due. */
  run(forMs: number): Promise<void>;
  /** Lets time pass while no process runs. */
  pass(forMs: number): void;
  incident(): Promise<Incident>;
  incidents(): Promise<readonly Incident[]>;
  /** Ends the process in the thought: from the n-th step on everything throws, until `restart`. */
  killAtStep(n: number): void;
  /** Opens the store again, as a new process would. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const START_MS = Date.UTC(2026, 0, 5, 12);

function workloadOf(name: string) {
  return fakeWorkload({ subject: { name }, annotations: { 'hale.dev/enabled': 'true' } });
}

/** The policy of these tests: scale out, verified on users within two minutes. */
export function testPolicy(change: Partial<z.input<typeof Policy>> = {}): LoadedPolicy {
  const policy = Policy.parse({
    apiVersion: 'hale/v1',
    kind: 'Policy',
    id: 'test-policy',
    description: 'for tests',
    cause: 'connection-pool-waiting',
    mode: 'auto',
    ladder: [{ remediation: 'scale-workload', settings: { maxReplicas: 10, database: 'none' } }],
    limits: {
      cooldown: '5m',
      budgets: {
        workload: { actions: 3, per: '1d' },
        namespace: { actions: 10, per: '1d' },
        cluster: { actions: 20, per: '1d' },
        cause: { actions: 3, per: '1d' },
      },
      planDeadline: '15m',
      approvalWithin: '10m',
    },
    verification: {
      indicator: 'users',
      unit: 'seconds',
      goodAtMost: 0.3,
      traffic: 'traffic',
      minimumTraffic: 1,
      hold: '1m',
      deadline: '5m',
    },
    ...change,
  });
  return { policy, hash: 'f'.repeat(64), file: 'test.yaml' };
}

/** An API server, real or simulated, in the place of the fake cluster; it reads the time of the same clock. */
export interface HarnessCluster {
  readonly clock: ManualClock;
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  subjectOf(name: string): Subject;
}

export interface WorkflowOptions {
  readonly mode?: Mode;
  readonly policy?: LoadedPolicy;
  readonly advisor?: ModelAdvisor;
  readonly on?: HarnessCluster;
  /** Detectors beside the one that the test controls. */
  readonly detectors?: readonly Detector[];
  /** What was counted of log events; nothing was heard when not given. */
  readonly logs?: (cluster: ClusterReader) => WorkloadLogsReader;
}

/** The whole workflow on a real store, with a virtual clock, a fake cluster (or `on` another one) and users that the test controls. */
export async function startWorkflow(options: WorkflowOptions = {}): Promise<WorkflowHarness> {
  const folder = mkdtempSync(join(tmpdir(), 'hale-workflow-'));
  const clock = options.on?.clock ?? createManualClock({ startMs: START_MS });
  const cluster = fakeCluster(() => clock.now());
  cluster.addWorkload(workloadOf('orders'));
  const { reader, writer } = options.on ?? cluster;
  const subjectOf = (name: string) => options.on?.subjectOf(name) ?? workloadOf(name).subject;
  const pods: ReadyPods = options.on
    ? ({ subject }) => reader.podsOf(subject).filter(({ ready }) => ready)
    : (view) => fakePods(view, view.readyReplicas);
  const world: World = {
    usersS: 0.9,
    webUsersS: null,
    trafficPerS: 20,
    prometheusDown: false,
    causeThere: true,
    found: { reason: 'connection-pool-waiting' },
    causeOn: null,
    blamed: null,
    alsoFound: null,
    neighboursDown: false,
    channelUp: true,
    mode: options.mode ?? 'auto',
    expression: null,
  };
  const told: Notification[] = [];
  const steps: string[] = [];
  let killAt = Number.POSITIVE_INFINITY;
  let ids = 0;
  let store = await openSqliteStore({ path: join(folder, 'store.db'), clock });
  let tick = tickOn(store);

  function tickOn(current: Store) {
    return createTick(depsOn(current), () => undefined);
  }

  function depsOn(current: Store): WorkflowDeps {
    return {
      clock,
      store: current,
      metrics: metricsOf(world, reader, pods),
      cluster: reader,
      writer,
      topology: () => NOBODY_CALLS,
      logs: options.logs?.(reader) ?? NOTHING_HEARD,
      recogniser: createAlertRecogniser({ metrics: metricsOf(world, reader, pods), now: () => clock.now() }),
      detectors: new Map(
        [detectorOf(world, subjectOf), ...(options.detectors ?? [])].map((one) => [one.id, one] as const),
      ),
      detectorConfig: {},
      remediations: new Map([['scale-workload', scaleWorkload]]),
      diagnose,
      advisor: options.advisor ?? null,
      policies: [options.policy ?? testPolicy()],
      modeCeiling: () => ({ mode: world.mode, source: 'test' }),
      gates: {
        ...GATE_DEFAULTS,
        freeze: { namespace: 'hale', configMap: 'hale-freeze' },
        scope: { namespaces: ['shop'], optInKey: 'hale.dev/enabled' },
        storm: { sickSubjects: 5, withinMs: 300_000, quietForMs: 600_000 },
        catalogue: [],
      },
      channels: {
        first: {
          name: 'test',
          async deliver(notification) {
            if (!world.channelUp) throw new Error('channel is down');
            told.push(notification);
          },
        },
        second: null,
      },
      redact: { text: (text) => text, outbound: (text) => text, json: (value) => value },
      newId: () => `id-${(ids += 1)}`,
      steps: {
        reached(step) {
          steps.push(step);
          if (steps.length >= killAt) throw new Error(`killed at ${step}`);
        },
      },
      settings: WORKFLOW_DEFAULTS,
      queriesPerMinute: 1_000,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      meter: {
        phaseEntered: () => undefined,
        actionSettled: () => undefined,
        verified: () => undefined,
        gateStopped: () => undefined,
        notified: () => undefined,
        tickFailed: () => undefined,
        causeNamed: () => undefined,
        modelSpent: () => undefined,
      },
    };
  }

  async function drain(): Promise<void> {
    for (let round = 0; round < 50; round += 1) {
      const due = await store.due(clock.now(), 50);
      if (due.length === 0) return;
      for (const ref of due) await tick(ref).catch(() => undefined);
      if (steps.length >= killAt) return;
    }
  }

  return {
    world,
    cluster,
    get store() {
      return store;
    },
    told,
    steps,
    now: () => clock.now(),
    async alert(status = 'firing', occurrence = 'fp|1', workload = 'orders') {
      const subject = subjectOf(workload);
      if (!options.on && cluster.reader.workload(subject) === null) cluster.addWorkload(workloadOf(workload));
      const open = (await store.incidents({ openOnly: true, limit: 50 })).find(
        (incident) => incident.key === `subject:${subject.uid}`,
      );
      const incident = open ?? newIncident(subject, clock.now(), `incident-${(ids += 1)}`);
      const signal = {
        id: `signal-${(ids += 1)}`,
        kind: 'alert' as const,
        dedupeKey: `${occurrence}|${status}`,
        occurrence,
        status,
        name: 'PoolWaiting',
        labels: {},
        annotations: {},
        generatorUrl: '',
        startedAt: clock.now(),
        receivedAt: clock.now(),
        incidentId: incident.id,
      };
      const result = await store.commit({
        ...(open ? {} : { save: [{ record: incident, expectedVersion: 0 }] }),
        signals: [signal],
        wakeAt: clock.now(),
      });
      if (result !== 'committed') throw new Error(result.detail);
    },
    async run(forMs) {
      const until = clock.now() + forMs;
      while (clock.now() < until && steps.length < killAt) {
        await drain();
        clock.advance(1_000);
      }
      await drain();
    },
    pass(forMs) {
      clock.advance(forMs);
    },
    async incident() {
      const [incident] = await store.incidents({ limit: 1 });
      if (incident === undefined) throw new Error('there is no incident');
      return incident;
    },
    incidents: () => store.incidents({ limit: 50 }),
    killAtStep(n) {
      killAt = n;
    },
    async restart() {
      await store.close();
      killAt = Number.POSITIVE_INFINITY;
      store = await openSqliteStore({ path: join(folder, 'store.db'), clock });
      tick = tickOn(store);
    },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type ReadyPods = (view: WorkloadView) => readonly PodView[];

function metricsOf(world: World, reader: ClusterReader, pods: ReadyPods): MetricsReader {
  return {
    async instant(query, at) {
      if (world.prometheusDown) throw new Error('prometheus is down');
      if (query === 'neighbours' && world.neighboursDown) throw new Error('the query timed out');
      const value = valueOf(query, world);
      return { series: value === null ? [] : [{ labels: {}, at, value }], warnings: [] };
    },
    async range(_query, _from, to) {
      if (world.prometheusDown) throw new Error('prometheus is down');
      return { series: poolSeries(world, reader, pods, to), warnings: [] };
    },
    async alertRules() {
      const { expression } = world;
      if (expression === null) return [];
      return [{ name: 'PoolWaiting', group: 'test', expression, forMs: 0, labels: {}, annotations: {} }];
    },
    async version() {
      return 'test';
    },
  };
}

function valueOf(query: string, { usersS, webUsersS, trafficPerS }: World): number | null {
  if (query.startsWith('traffic')) return trafficPerS;
  if (query.startsWith('users')) return query.includes('web-') ? webUsersS : usersS;
  return null;
}

/** The pools of the ready replicas, as they report them: nearly full while the cause is there, nearly idle else. */
function poolSeries(world: World, reader: ClusterReader, pods: ReadyPods, at: number): RangeSeries[] {
  return reader.workloads().flatMap((view) =>
    pods(view).flatMap((pod) => {
      const labels = {
        namespace: pod.namespace,
        pod: pod.name,
        job: 'pods',
        instance: pod.name,
        db_client_connection_pool_name: 'main',
      };
      const used = world.causeThere ? 9 : 2;
      return [
        seriesOf('db_client_connection_count', { ...labels, db_client_connection_state: 'used' }, at, used),
        seriesOf('db_client_connection_count', { ...labels, db_client_connection_state: 'idle' }, at, 10 - used),
        seriesOf('db_client_connection_max', labels, at, 10),
      ];
    }),
  );
}

function seriesOf(name: string, labels: Readonly<Record<string, string>>, at: number, value: number): RangeSeries {
  return { labels: { __name__: name, ...labels }, points: [{ at, value }] };
}

function detectorOf(world: World, subjectOf: (name: string) => Subject) {
  return defineDetector({
    id: 'test',
    needs: [],
    listensTo: ['alert'],
    explains: ['connections'],
    config: z.object({}),
    async detect(incident, _config, ctx): Promise<Finding[]> {
      if (world.prometheusDown) throw new Error('prometheus is down');
      if (!world.causeThere || (world.causeOn ?? incident.subject.name) !== incident.subject.name) return [];
      const evidence = ctx.keep({
        kind: 'metric-range',
        source: 'prometheus',
        title: 'pool',
        query: 'pool',
        body: { waiting: 12 },
      });
      const told = { detector: 'test', evidence: [evidence], subject: incident.subject };
      const waiting: Finding = {
        ...told,
        id: ctx.newId(),
        confidence: 0.9,
        ...world.found,
        subject: world.blamed === null ? incident.subject : subjectOf(world.blamed),
        summary: '4 of 4 in use, 12 waiting',
        figures: { used: 12, max: 12, pending: 12, replicas: 3 },
      };
      if (world.alsoFound === null) return [waiting];
      const other = { reason: world.alsoFound, confidence: 0.7, summary: `${world.alsoFound} as well`, figures: {} };
      return [waiting, { ...told, ...other, id: ctx.newId() }];
    },
  });
}

function newIncident(subject: Subject, now: number, id: string): Incident {
  return {
    record: 'incident',
    id,
    version: 0,
    key: `subject:${subject.uid}`,
    purpose: 'heal',
    title: `PoolWaiting on ${subjectName(subject)}`,
    subject,
    phase: 'collecting',
    phaseSince: now,
    openedAt: now,
    closedAt: null,
    wakeAt: now,
    attempts: 0,
    inboxRead: 0,
    firing: [],
    lastSignalAt: now,
    findings: [],
    causes: [],
    causeKey: null,
    leaderId: null,
    previousId: null,
    startRung: 0,
    plans: [],
    planId: null,
    intentId: null,
    verdicts: [],
    evidenceSaved: [],
    worldMovedCount: 0,
    wellSince: null,
    quietSince: null,
    verification: null,
    outcome: null,
  };
}

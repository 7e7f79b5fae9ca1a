import type { EvidenceKind } from '../domain/evidence.ts';
import type { Finding } from '../domain/finding.ts';
import type { Fact, GateFacts } from '../domain/gate-facts.ts';
import type { IndicatorReading } from '../domain/incident.ts';
import type { Plan } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import { subjectName } from '../domain/subject.ts';
import type { RecordedMetrics } from '../plugin/context.ts';
import type { ClusterReader, WorkloadView } from '../ports/cluster.ts';
import type { Store } from '../ports/store.ts';
import { readBudgets, readStorm, type StormSettings } from './counts.ts';
import type { CatalogueDatabase } from './database-of.ts';
import { findOwner, helmRelease } from './find-owner.ts';
import { maximumAfter, readHeadroom } from './headroom-facts.ts';
import { type Ceiling, loweredCeiling } from './operator-mode.ts';
import { readCapacity } from './pool-facts.ts';
import { type FreezeSettings, readFreeze } from './read-freeze.ts';
import { subjectKey } from './target-busy.ts';
import { factOf, shared, type Told } from './told.ts';
import { rolloutOf, type ScopeSettings, scopeOf, subjectOf } from './workload-facts.ts';

/** What the operator's configuration says to the gates. */
export interface GateSettings {
  readonly freeze: FreezeSettings;
  readonly scope: ScopeSettings;
  readonly storm: StormSettings;
  readonly catalogue: readonly CatalogueDatabase[];
  /** Nothing that was observed longer ago is acted upon. */
  readonly maxObservationAgeMs: number;
  /** Saturation above which a return would leave too little room, 0..1. */
  readonly headroomLimit: number;
}

/** What the configuration need not say. */
export const GATE_DEFAULTS = { maxObservationAgeMs: 120_000, headroomLimit: 0.8 } as const;

export interface FactsInput {
  now(): number;
  /** Once it aborts, what has not been answered is unknown. */
  readonly signal: AbortSignal;
  readonly settings: GateSettings;
  /** Limits of the plan's policy; null when the policy is gone (a return needs none). */
  readonly limits: Policy['limits'] | null;
  /** What the rung declares: `none`, the name of a database, or null for nothing. See `declaredDatabase`. */
  readonly database: string | null;
  /** What the operator allows, before what the doors lowered. See `operatorCeiling`. */
  readonly ceiling: Ceiling;
  readonly evidence: { readonly saved: readonly EvidenceKind[]; readonly required: readonly EvidenceKind[] };
  /** When the newest firing signal arrived; null when none fires. */
  readonly lastSignalAt: number | null;
  /** Looks for the plan's cause again, now; null = it is not there. Throws when it could not look. */
  redetect(): Promise<Finding | null>;
  /** What users feel now. */
  readUsers(): Promise<IndicatorReading>;
  readonly store: Pick<
    Store,
    | 'freeze'
    | 'writable'
    | 'lastActionAt'
    | 'counted'
    | 'holderOf'
    | 'approvalFor'
    | 'loweredAutonomy'
    | 'sickSubjects'
    | 'incidents'
  >;
  readonly cluster: Pick<
    ClusterReader,
    'freshWorkload' | 'freshAutoscaler' | 'autoscalersOf' | 'configMap' | 'namespace' | 'cacheState' | 'podsOf'
  >;
  readonly metrics: Pick<RecordedMetrics, 'range'>;
}

/** The database that a rung's settings declare, under the one key that all remediations use for it. */
export function declaredDatabase(settings: Readonly<Record<string, unknown>>): string | null {
  return typeof settings.database === 'string' ? settings.database : null;
}

/**
 * Collects every fact once, all at the same time, each with source and moment. Never throws: what fails is unknown with the reason.
 * What the gates of the plan's direction do not look at is not asked for.
 */
export async function collectFacts(plan: Plan, input: FactsInput): Promise<GateFacts> {
  const [common, forward, back] = await collected(plan, input);
  const approvalDeadline = Math.min(
    plan.deadline,
    plan.proposedAt + (input.limits?.approvalWithin ?? Number.POSITIVE_INFINITY),
  );
  return {
    ...common,
    ...forward,
    ...back,
    maxObservationAgeMs: input.settings.maxObservationAgeMs,
    approvalDeadline,
    // The decision is made after the last answer: no fact is younger than it.
    now: input.now(),
  };
}

function collected(plan: Plan, input: FactsInput) {
  const { cluster } = input;
  const fresh = shared(() => cluster.freshWorkload(plan.subject, input.signal));
  /** Facts about the workload need the very one that the plan is for. */
  const ofWorkload =
    <T>(read: (workload: WorkloadView) => Promise<Told<T>> | Told<T>) =>
    async (): Promise<Told<T>> => {
      const workload = await fresh();
      if (workload?.subject.uid !== plan.subject.uid) return { why: `${subjectName(plan.subject)} is gone` };
      return read(workload);
    };
  return Promise.all([
    commonFacts(plan, input, fresh, ofWorkload),
    forwardFacts(plan, input),
    returnFacts(plan, input, ofWorkload),
  ]);
}

type OfWorkload = <T>(read: (workload: WorkloadView) => Promise<Told<T>> | Told<T>) => () => Promise<Told<T>>;

async function commonFacts(
  plan: Plan,
  input: FactsInput,
  fresh: () => Promise<WorkloadView | null>,
  ofWorkload: OfWorkload,
) {
  const { store, cluster, settings } = input;
  const declaration = { database: input.database, catalogue: settings.catalogue };
  return allOf({
    frozen: factOf('store and ConfigMap', () => freezeOf(input), input),
    storeWritable: factOf('store', async () => ({ value: await store.writable() }), input),
    scope: factOf(
      'configuration and kubernetes',
      ofWorkload((it) => scopeOf(it, cluster, settings.scope)),
      input,
    ),
    subject: factOf('kubernetes', async () => subjectOf(await fresh(), plan), input),
    rollout: factOf(
      'kubernetes',
      ofWorkload((it) => rolloutOf(it, cluster)),
      input,
    ),
    owner: factOf(
      'kubernetes',
      ofWorkload((it) => ownerOf(it, plan, input)),
      input,
    ),
    busyWith: factOf('store', async () => ({ value: await store.holderOf(subjectKey(plan.subject.uid)) }), input),
    capacity: factOf(
      'prometheus',
      ofWorkload((it) => readCapacity(plan, it, declaration, input)),
      input,
    ),
    storm: factOf('store', async () => ({ value: await readStorm(settings.storm, store, input.now()) }), input),
  });
}

/** What only gates on help look at; a return is told so instead of being measured for nothing. */
async function forwardFacts(plan: Plan, input: FactsInput) {
  const { store, limits } = input;
  const found = shared(async () => {
    const finding = await input.redetect();
    return { finding: finding?.subject.uid === plan.subject.uid ? finding : null, at: input.now() };
  });
  const fact = <T>(source: string, read: () => Promise<Told<T>> | Told<T>) =>
    factOf(source, plan.direction === 'forward' ? read : notLookedAt, input);
  return allOf({
    observedAt: fact('detectors and signals', () => newestObservation(found, input.lastSignalAt)),
    corroboration: fact('detectors', async () => {
      const { finding } = await found();
      if (finding === null) return { value: null };
      const { reason, summary, confidence, unsettled } = finding;
      return { value: { reason, summary, confidence, ...(unsettled === undefined ? {} : { unsettled }) } };
    }),
    cooldown: fact('store', async () => {
      if (limits === null) return { why: POLICY_GONE };
      return { value: { lastActionAt: await store.lastActionAt(plan.subject.uid), cooldownMs: limits.cooldown } };
    }),
    budgets: fact('store', async () => {
      if (limits === null) return { why: POLICY_GONE };
      return { value: await readBudgets(plan, limits, store, input.now()) };
    }),
    evidence: fact('store', () => ({
      value: { saved: [...input.evidence.saved], required: [...input.evidence.required] },
    })),
    mode: fact('configuration and store', async () => {
      const lowered = await store.loweredAutonomy();
      const { mode, source } = loweredCeiling(input.ceiling, lowered, plan.policyId, plan.subject.namespace);
      return { value: mode, source };
    }),
    approval: fact('store', async () => ({ value: await store.approvalFor(plan.digest) })),
  });
}

/** What gates on taking help away look at. Users are measured for help too: a condition that is gone calls it off. */
async function returnFacts(plan: Plan, input: FactsInput, ofWorkload: OfWorkload) {
  const headroom = ofWorkload((it) => readHeadroom(plan, it, input.settings.headroomLimit, input));
  return allOf({
    users: factOf(
      'prometheus',
      async (): Promise<Told<UsersValue>> => {
        const { indicator, trafficPerS } = await input.readUsers();
        if (indicator === null || trafficPerS === null) return { why: 'what users feel has no answer' };
        const { goodAtMost, minimumTraffic } = plan.measure;
        return { value: { indicator, goodAtMost, trafficPerS, minimumTraffic } };
      },
      input,
    ),
    headroom: factOf('prometheus', plan.direction === 'return' ? headroom : notLookedAt, input),
  });
}

const POLICY_GONE = 'the policy of the plan is not loaded any more';

function notLookedAt(): { readonly why: string } {
  return { why: 'not asked for: no gate of this direction looks at it' };
}

async function freezeOf({ store, cluster, settings, signal }: FactsInput): Promise<Told<FreezeValue>> {
  const reading = await readFreeze({ store, cluster, settings: settings.freeze, signal });
  if (!reading.known) return { why: reading.why };
  return { value: { frozen: reading.frozen, by: reading.by, reason: reading.reason } };
}

type FreezeValue = { frozen: boolean; by: string; reason: string };
type UsersValue = Extract<GateFacts['users'], { known: true }>['value'];
type OwnerValue = Extract<GateFacts['owner'], { known: true }>['value'];

async function ownerOf(workload: WorkloadView, plan: Plan, input: FactsInput): Promise<Told<OwnerValue>> {
  const changesReplicas = plan.preview.replicasAfter !== undefined || maximumAfter(plan) !== null;
  const autoscaler = changesReplicas ? await input.cluster.freshAutoscaler(plan.subject, input.signal) : null;
  const owner = findOwner(workload, autoscaler, { replicas: changesReplicas, object: !onlyPods(plan) });
  const release = helmRelease(workload);
  if (owner !== null || release === null) return { value: owner };
  return { value: null, source: `kubernetes; installed by Helm release ${release}, whose next upgrade sets it again` };
}

/** A pod that ends is in nobody's manifest: who keeps the workload has nothing to put back. */
function onlyPods({ preview: { changes } }: Plan): boolean {
  return changes.length > 0 && changes.every(({ field }) => field.startsWith('Pod '));
}

/** A cause that is found again now was observed now; else the newest signal counts. */
async function newestObservation(
  found: () => Promise<{ readonly finding: Finding | null; readonly at: number }>,
  lastSignalAt: number | null,
): Promise<Told<number>> {
  const again = await found().catch(() => null);
  if (again?.finding) return { value: again.at, source: 'detectors' };
  if (lastSignalAt !== null) return { value: lastSignalAt, source: 'signals' };
  return { why: 'no signal fires and no detector finds it' };
}

async function allOf<T extends Record<string, Promise<Fact<unknown>>>>(
  facts: T,
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const entries = await Promise.all(Object.entries(facts).map(async ([name, fact]) => [name, await fact] as const));
  return Object.fromEntries(entries) as { [K in keyof T]: Awaited<T[K]> };
}

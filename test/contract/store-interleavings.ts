import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, CommitResult, Store } from '../../src/ports/store.ts';
import type { MakeStore } from './store.ts';
import { auditOf, incidentOf, signalOf, T0 } from './store-records.ts';

/** Small worlds, so that changes get into each other's way often. */
const IDS = ['a', 'b', 'c'];
const KEYS = ['k1', 'k2', 'k3'];
const HOLDERS = ['p', 'q'];
const LIMIT = 2;
const WINDOW_MS = 100;
/** An inbox position that no store of this size reaches: all was taken in. */
const ALL_READ = 1_000_000_000;
const ATTEMPT_WAKES_AT = T0 + 45;

interface Save {
  readonly id: string;
  readonly key: string;
  readonly cause: string | null;
  readonly closed: boolean;
  readonly readAll: boolean;
}
/** As drawn: a save is mostly right about the version, because a change that is wrong about it says nothing about the rest. */
interface DrawnStep extends Omit<Step, 'save' | 'attempt'> {
  readonly save?: (Save & { readonly offVersion: number }) | undefined;
  readonly attempt?: { readonly id: string; readonly offVersion: number } | undefined;
}
interface Step {
  readonly save?: (Save & { readonly version: number }) | undefined;
  /** A tick begins on this incident, after the save of the same change. */
  readonly attempt?: { readonly id: string; readonly version: number } | undefined;
  readonly signals: readonly { occurrence: string; id: string | null }[];
  readonly wakeAt?: number | undefined;
  readonly reserve?: { holder: string; at: number; counts: number; exclusive: string | null } | undefined;
  readonly release?: { holder: string; what: 'held' | 'all' } | undefined;
}

const step: fc.Arbitrary<DrawnStep> = fc.record({
  save: fc.option(
    fc.record({
      id: fc.constantFrom(...IDS),
      offVersion: fc.constantFrom(0, 0, 0, 0, 1),
      key: fc.constantFrom(...KEYS),
      cause: fc.constantFrom(null, null, 'cause'),
      closed: fc.boolean(),
      readAll: fc.boolean(),
    }),
    { nil: undefined },
  ),
  attempt: fc.option(fc.record({ id: fc.constantFrom(...IDS), offVersion: fc.constantFrom(0, 0, 0, 1) }), {
    nil: undefined,
    freq: 2,
  }),
  signals: fc.array(
    fc.record({ occurrence: fc.constantFrom('1', '2', '3', '4', '5', '6'), id: fc.constantFrom(null, ...IDS) }),
    { maxLength: 2 },
  ),
  wakeAt: fc.option(fc.integer({ min: T0 - 50, max: T0 + 50 }), { nil: undefined }),
  reserve: fc.option(
    fc.record({
      holder: fc.constantFrom(...HOLDERS),
      at: fc.integer({ min: T0, max: T0 + 300 }),
      counts: fc.integer({ min: 0, max: 2 }),
      exclusive: fc.constantFrom(null, 'slot'),
    }),
    { nil: undefined },
  ),
  release: fc.option(
    fc.record({ holder: fc.constantFrom(...HOLDERS), what: fc.constantFrom('held' as const, 'all' as const) }),
    { nil: undefined },
  ),
});

interface ModelIncident {
  version: number;
  key: string;
  cause: string | null;
  closed: boolean;
  wakeAt: number | null;
}
interface Model {
  incidents: Map<string, ModelIncident>;
  /** Occurrence to the incident that holds it. */
  signals: Map<string, string | null>;
  held: Map<string, string>;
  counted: { holder: string; at: number }[];
  audit: string[];
}

function emptyModel(): Model {
  return { incidents: new Map(), signals: new Map(), held: new Map(), counted: [], audit: [] };
}

function inboxOf(model: Model, id: string): string[] {
  return [...model.signals].filter(([, holder]) => holder === id).map(([occurrence]) => occurrence);
}

/** What the port says about one change, written down as plainly as possible. Throws the kind of conflict. */
function expected(model: Model, { save, attempt, signals, wakeAt, reserve, release }: Step, name: string): Model {
  const next = structuredClone(model);
  const unread = save !== undefined && save.version > 0 && !save.readAll && inboxOf(model, save.id).length > 0;
  if (save !== undefined) {
    if ((model.incidents.get(save.id)?.version ?? 0) !== save.version) throw new Error('version');
    if (save.closed && unread) throw new Error('version');
    const own = T0 + 40;
    next.incidents.set(save.id, {
      version: save.version + 1,
      key: save.key,
      cause: save.cause,
      closed: save.closed,
      wakeAt: unread ? Math.min(own, T0) : own,
    });
  }
  if (attempt !== undefined) {
    const begun = next.incidents.get(attempt.id);
    if (begun === undefined || begun.version !== attempt.version) throw new Error('version');
    begun.version += 1;
    begun.wakeAt = ATTEMPT_WAKES_AT;
  }
  for (const { occurrence, id } of signals) {
    if (model.signals.has(occurrence)) continue;
    const incident = id === null ? null : next.incidents.get(id);
    if (incident === undefined || incident?.closed === true) throw new Error('version');
    if (next.signals.has(occurrence)) continue;
    next.signals.set(occurrence, id);
    if (incident !== null && wakeAt !== undefined) incident.wakeAt = Math.min(incident.wakeAt ?? wakeAt, wakeAt);
  }
  if (release !== undefined) {
    for (const [key, holder] of next.held) if (holder === release.holder) next.held.delete(key);
    if (release.what === 'all') next.counted = next.counted.filter(({ holder }) => holder !== release.holder);
  }
  if (reserve !== undefined) {
    for (let taken = 0; taken < reserve.counts; taken++) {
      const used = next.counted.filter(({ at }) => at >= reserve.at - WINDOW_MS).length;
      if (used >= LIMIT) throw new Error('reservation');
      next.counted.push({ holder: reserve.holder, at: reserve.at });
    }
    if (reserve.exclusive !== null) {
      if ((next.held.get(reserve.exclusive) ?? reserve.holder) !== reserve.holder) throw new Error('reservation');
      next.held.set(reserve.exclusive, reserve.holder);
    }
  }
  const open = [...next.incidents.values()].filter(({ closed }) => !closed);
  const causes = open.flatMap(({ cause }) => (cause === null ? [] : [cause]));
  if (new Set(open.map(({ key }) => key)).size < open.length) throw new Error('duplicate');
  if (new Set(causes).size < causes.length) throw new Error('duplicate');
  next.audit.push(name);
  return next;
}

function changeOf({ save, attempt, signals, wakeAt, reserve, release }: Step, name: string): Change {
  return {
    audit: [auditOf(name)],
    signals: signals.map(({ occurrence, id }) => signalOf(occurrence, id)),
    ...(save === undefined ? {} : { save: [{ record: recordOf(save), expectedVersion: save.version }] }),
    ...(attempt === undefined ? {} : { attempt: attemptOf(attempt) }),
    ...(wakeAt === undefined ? {} : { wakeAt }),
    ...(release === undefined ? {} : { release }),
    ...(reserve === undefined ? {} : { reserve: reservationOf(reserve) }),
  };
}

function attemptOf({ id, version }: NonNullable<Step['attempt']>): NonNullable<Change['attempt']> {
  return { ref: { record: 'incident', id }, expectedVersion: version, attempts: 1, wakeAt: ATTEMPT_WAKES_AT };
}

function recordOf({ id, key, cause, closed, readAll }: NonNullable<Step['save']>) {
  const phase = closed ? ('closed' as const) : ('collecting' as const);
  return incidentOf(id, { key, causeKey: cause, phase, inboxRead: readAll ? ALL_READ : 0, wakeAt: T0 + 40 });
}

function reservationOf({ holder, at, counts, exclusive }: NonNullable<Step['reserve']>) {
  const count = { kind: 'count' as const, key: 'budget', limit: LIMIT, windowMs: WINDOW_MS };
  const items = Array.from({ length: counts }, () => count);
  return { holder, at, items: exclusive === null ? items : [...items, { kind: 'exclusive' as const, key: exclusive }] };
}

async function stateOf(store: Store): Promise<unknown> {
  const incidents = await Promise.all(IDS.map(async (id) => store.incident(id)));
  const view = await store.intakeView({
    dedupeKeys: ['1', '2', '3', '4', '5', '6'].map((o) => `${o}|firing`),
    occurrences: [],
    incidentKeys: KEYS,
  });
  return {
    incidents: incidents.map((found) => found && [found.version, found.key, found.causeKey, found.phase, found.wakeAt]),
    open: [...view.openIncidents].map(([key, id]) => `${key} ${id}`).toSorted(),
    known: [...view.knownDedupeKeys.keys()].toSorted(),
    inboxes: await Promise.all(
      IDS.map(async (id) => (await store.inbox(id, 0, 100)).map(({ signal }) => signal.occurrence)),
    ),
    counted: (await store.counted('budget', 0)).used,
    slot: await store.holderOf('slot'),
    audit: (await store.audit({ limit: 1_000 })).map(({ text }) => text),
  };
}

function stateOfModel(model: Model): unknown {
  const incidents = IDS.map((id) => model.incidents.get(id) ?? null);
  return {
    incidents: incidents.map(
      (found) => found && [found.version, found.key, found.cause, found.closed ? 'closed' : 'collecting', found.wakeAt],
    ),
    open: [...model.incidents]
      .filter(([, { closed }]) => !closed)
      .map(([id, { key }]) => `${key} ${id}`)
      .toSorted(),
    known: [...model.signals.keys()].map((occurrence) => `${occurrence}|firing`).toSorted(),
    inboxes: IDS.map((id) => inboxOf(model, id)),
    counted: model.counted.length,
    slot: model.held.get('slot') ?? null,
    audit: model.audit,
  };
}

/** Commits handed over at once, in groups of any size, against a model that takes them one after the other. */
export function storeInterleavings(make: MakeStore): void {
  describe('any interleaving of commits', () => {
    it('answers and holds what the model does, before and after a restart', async () => {
      let committed = 0;
      const results = new Set<string>();

      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 8 }),
          async (groups) => {
            const made = await make();
            try {
              let model = emptyModel();
              for (const [index, group] of groups.entries()) {
                const foretold: string[] = [];
                const changes: Change[] = [];
                for (const [at, drawn] of group.entries()) {
                  const one = stepOf(model, drawn);
                  const answer = foretell(model, one, `${index}.${at}`);
                  model = answer.model;
                  foretold.push(answer.result);
                  changes.push(changeOf(one, `${index}.${at}`));
                }

                const answers = await Promise.all(changes.map((change) => made.store.commit(change)));

                expect(answers.map(kindOf)).toEqual(foretold);
                committed += foretold.filter((result) => result === 'committed').length;
                for (const result of foretold) results.add(result);
                expect(await stateOf(made.store)).toEqual(stateOfModel(model));
              }
              expect(await stateOf(await made.reopen())).toEqual(stateOfModel(model));
            } finally {
              await made.destroy();
            }
          },
        ),
        { numRuns: 40 },
      );

      // A run that never met each answer would prove nothing.
      expect(committed).toBeGreaterThan(50);
      expect([...results].toSorted()).toEqual(['committed', 'duplicate', 'reservation', 'version']);
    });
  });
}

function stepOf(model: Model, { save, attempt, ...rest }: DrawnStep): Step {
  const versionOf = (id: string): number => model.incidents.get(id)?.version ?? 0;
  const saved = attempt !== undefined && save?.id === attempt.id ? 1 : 0;
  return {
    ...rest,
    ...(save && { save: { ...save, version: versionOf(save.id) + save.offVersion } }),
    ...(attempt && { attempt: { id: attempt.id, version: versionOf(attempt.id) + saved + attempt.offVersion } }),
  };
}

function foretell(model: Model, one: Step, name: string): { model: Model; result: string } {
  try {
    return { model: expected(model, one, name), result: 'committed' };
  } catch (error) {
    if (error instanceof Error) return { model, result: error.message };
    throw error;
  }
}

function kindOf(result: CommitResult): string {
  return typeof result === 'object' ? result.conflict : result;
}

import { HaleError } from '../domain/errors.ts';
import type { LogOddity } from '../domain/log-record.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import { breath } from './breath.ts';
import type { Delivery, DocumentSink } from './delivery.ts';
import { type BatchDeps, createLogBatch, type LogBatch } from './log-batch.ts';
import { createReceipts } from './receipts.ts';
import { createSeenWindow, documentNumber } from './seen-window.ts';

export type LogDoor = 'bulk' | 'http' | 'tail';
export type DocumentOutcome = 'counted' | 'repeated' | 'refused' | 'deleted';

/** What the intake of logs counts. Labels are fixed words. */
export interface LogMeter {
  documents(door: LogDoor, outcome: DocumentOutcome, count: number): void;
  oddity(oddity: LogOddity, count: number): void;
  overflowed(count: number): void;
}

export interface LogIntakeOptions extends BatchDeps {
  readonly store: LogStore;
  readonly clock: Clock;
  readonly meter: LogMeter;
  readonly limits: BatchDeps['limits'] & {
    /** Deliveries that may wait; more are `overloaded`. */
    readonly maxWaiting: number;
    /** Ids of documents that are remembered, and for how long. */
    readonly maxSeenIds: number;
    readonly seenForMs: number;
  };
}

/** How a delivery is watched while it is under way. */
export interface Sender {
  /** The shipper has gone: it has not got, and will not get, an answer. */
  readonly gone: boolean;
}

export interface LogIntake {
  /**
   * Resolves when the counts are durable. Errors: overloaded or store-unavailable, when nothing of the body was taken and it may be sent again.
   */
  receive<Answer>(delivery: Delivery<Answer>, sender: Sender): Promise<Taken<Answer>>;
  /** Ends when nothing waits any more. */
  idle(): Promise<void>;
}

export interface Taken<Answer> {
  readonly answer: Answer;
  /** To be told once: whether the answer left, whole. */
  readonly delivered: (whole: boolean) => void;
}

/** The name under which the store keeps what came in by itself. */
export const INTAKE_SOURCE = 'intake';
/** Bodies that share one commit, and with it one fsync. */
const MAX_GROUP = 16;

interface Waiting {
  readonly delivery: Delivery<unknown>;
  readonly sender: Sender;
  readonly resolve: (taken: Taken<unknown>) => void;
  readonly reject: (error: unknown) => void;
}

/** What one group does, and what it leaves undone when it cannot be stored. */
interface Group {
  readonly batch: LogBatch;
  readonly ids: number[];
  readonly staged: Set<number>;
  readonly outcomes: { readonly door: LogDoor; readonly outcome: DocumentOutcome; count: number }[];
}

/**
 * Takes deliveries one after the other, some at a time into one commit. What a batch changes in memory is kept only once it is stored, so
 * that a failed commit leaves nothing half taken.
 */
export async function openLogIntake(options: LogIntakeOptions): Promise<LogIntake> {
  const { store, clock, meter, limits } = options;
  const seen = createSeenWindow(limits.maxSeenIds);
  for (const { at, ids } of await store.seen(INTAKE_SOURCE)) for (const id of ids) seen.add(id, at);
  const receipts = createReceipts(await store.receipts(INTAKE_SOURCE), limits.seenForMs);
  let waiting: Waiting[] = [];
  let running: Promise<void> | null = null;

  function start(): void {
    running ??= run().finally(() => {
      running = null;
      if (waiting.length > 0) start();
    });
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, MAX_GROUP);
      waiting = waiting.slice(MAX_GROUP);
      await takeGroup(group).catch((error: unknown) => {
        for (const { reject } of group) reject(error);
      });
    }
  }

  async function takeGroup(members: readonly Waiting[]): Promise<void> {
    const now = clock.now();
    const group: Group = { batch: createLogBatch(options), ids: [], staged: new Set(), outcomes: [] };
    const receipt = receipts.open(now);
    const taken: { member: Waiting; fingerprint: string | null }[] = [];
    for (const member of members) {
      // Nobody waits for it: what has not been taken yet need not be told apart from its repetition.
      if (member.sender.gone) {
        member.reject(new HaleError('overloaded', 'the sender has gone before its body was taken'));
        continue;
      }
      const fingerprint = member.delivery.fingerprint();
      const repeat = fingerprint !== null && receipt.take(fingerprint);
      for (const _ of member.delivery.take(sinkOf(member.delivery, group, repeat, now))) await breath();
      taken.push({ member, fingerprint });
    }
    const changes = receipt.changes();
    await store.commit({
      source: INTAKE_SOURCE,
      ...group.batch.contents(),
      position: null,
      seen: group.ids.length > 0 ? { at: now, ids: group.ids } : null,
      forgetBefore: now - limits.seenForMs,
      receipts: changes,
    });
    receipt.stored();
    group.batch.stored();
    seen.forgetBefore(now - limits.seenForMs);
    for (const id of group.ids) seen.add(id, now);
    count(group);
    for (const { member, fingerprint } of taken) {
      member.resolve({
        answer: member.delivery.answer(),
        delivered: (whole) => {
          if (fingerprint !== null) receipts.answered(fingerprint, whole, clock.now());
        },
      });
    }
  }

  function sinkOf({ door }: Delivery<unknown>, group: Group, repeat: boolean, now: number): DocumentSink {
    const note = (outcome: DocumentOutcome): void => {
      const had = group.outcomes.find((one) => one.door === door && one.outcome === outcome);
      if (had === undefined) group.outcomes.push({ door, outcome, count: 1 });
      else had.count += 1;
    };
    return {
      count(document, invalidUtf8) {
        if (repeat) return note('repeated');
        group.batch.add(document, now);
        if (invalidUtf8) group.batch.note('invalid-utf8');
        note('counted');
      },
      isRepeat(index, id) {
        const number = documentNumber(index, id);
        if (seen.has(number) || group.staged.has(number)) {
          note('repeated');
          return true;
        }
        group.staged.add(number);
        group.ids.push(number);
        return false;
      },
      refused: () => note('refused'),
      deleted: () => note('deleted'),
    };
  }

  function count({ batch, outcomes }: Group): void {
    for (const { door, outcome, count: number } of outcomes) meter.documents(door, outcome, number);
    for (const [oddity, number] of batch.oddities) meter.oddity(oddity, number);
    if (batch.overflowed > 0) meter.overflowed(batch.overflowed);
  }

  return {
    receive<Answer>(delivery: Delivery<Answer>, sender: Sender) {
      if (waiting.length >= limits.maxWaiting) {
        return Promise.reject(
          new HaleError('overloaded', `${waiting.length} bodies wait to be counted; nothing of this one was taken`),
        );
      }
      return new Promise<Taken<Answer>>((resolve, reject) => {
        waiting.push({ delivery, sender, resolve: resolve as Waiting['resolve'], reject });
        start();
      });
    },
    async idle() {
      await running;
    },
  };
}

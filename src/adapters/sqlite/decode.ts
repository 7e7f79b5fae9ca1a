import { z } from 'zod';
import { HaleError } from '../../domain/errors.ts';
import { Incident } from '../../domain/incident.ts';
import { Instant } from '../../domain/instant.ts';
import { Mode } from '../../domain/mode.ts';
import { Obligation } from '../../domain/obligation.ts';
import { Signal, SignalStatus } from '../../domain/signal.ts';
import type { FreezeState, InboxHead, LoweredAutonomy } from '../../ports/store.ts';
import { integerOf, integerOrNull, type Row, textOf } from './database.ts';

export const StoredFreeze: z.ZodType<FreezeState> = z.object({
  frozen: z.boolean(),
  by: z.string(),
  reason: z.string(),
  at: z.number(),
});

export const StoredAutonomy: z.ZodType<LoweredAutonomy> = z.object({
  policyId: z.string(),
  namespace: z.string(),
  rulesHash: z.string(),
  mode: Mode,
  by: z.string(),
  reason: z.string(),
  at: z.number(),
});

/** The record in `body`; throws `record-corrupt` when it is not what its schema says. */
export function decode<T>(schema: z.ZodType<T>, row: Row, what: string): T {
  return checked(schema, jsonOf(row, what), what);
}

/** What `decodeIncident` and `decodeObligation` read. */
export const MOVING_COLUMNS = 'body, version, attempts, wake_at';

export function decodeIncident(row: Row): Incident {
  return checked(Incident, { ...objectOf(row, 'incident'), ...movedOn(row) }, 'incident');
}

const StoredHead: z.ZodType<InboxHead> = z.object({
  position: z.number(),
  occurrence: z.string().min(1),
  status: SignalStatus,
  startedAt: Instant,
});

export function decodeHead(row: Row): InboxHead {
  return checked(StoredHead, row, 'signal');
}

/** What `decodeSignal` reads. */
export const SIGNAL_COLUMNS = 'seq, body, dedupe_key, occurrence, status, at, started_at, incident_id';

/** The columns of a signal stand there alone. Rows of before repeat them in their body, and the beginning may be there only. */
export function decodeSignal(row: Row): Signal {
  const head = {
    dedupeKey: textOf(row, 'dedupe_key'),
    occurrence: textOf(row, 'occurrence'),
    status: textOf(row, 'status'),
    receivedAt: integerOf(row, 'at'),
    incidentId: row.incident_id === null ? null : textOf(row, 'incident_id'),
  };
  const startedAt = integerOrNull(row, 'started_at');
  return checked(
    Signal,
    { ...objectOf(row, 'signal'), ...head, ...(startedAt === null ? {} : { startedAt }) },
    'signal',
  );
}

export function decodeObligation(row: Row): Obligation {
  return checked(Obligation, { ...objectOf(row, 'obligation'), ...movedOn(row) }, 'obligation');
}

/** A signal or the beginning of a tick may have moved it on since it was saved: the columns say how far, not the body. */
function movedOn(row: Row): Pick<Incident, 'version' | 'attempts' | 'wakeAt'> {
  return {
    version: integerOf(row, 'version'),
    attempts: integerOf(row, 'attempts'),
    wakeAt: integerOrNull(row, 'wake_at'),
  };
}

function objectOf(row: Row, what: string): Record<string, unknown> {
  const value = jsonOf(row, what);
  if (typeof value === 'object' && value !== null) return { ...value };
  throw corrupt(what, 'it is not an object', undefined);
}

function jsonOf(row: Row, what: string): unknown {
  try {
    return JSON.parse(textOf(row, 'body'));
  } catch (error) {
    throw corrupt(what, 'it is not JSON', error);
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const id = typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : '';
  const issue = parsed.error.issues[0];
  throw corrupt(`${what} ${id}`.trim(), `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`, parsed.error);
}

function corrupt(what: string, why: string, cause: unknown): HaleError {
  return new HaleError(
    'record-corrupt',
    `stored ${what} does not satisfy its schema: ${why}; restore the store from a backup, or run the Hale that wrote it`,
    { cause, details: { what, why } },
  );
}

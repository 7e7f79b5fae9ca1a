import { z } from 'zod';
import { HaleError } from '../../domain/errors.ts';
import { Incident } from '../../domain/incident.ts';
import { Mode } from '../../domain/mode.ts';
import { Obligation } from '../../domain/obligation.ts';
import type { FreezeState, LoweredAutonomy } from '../../ports/store.ts';
import { integerOrNull, type Row, textOf } from './database.ts';

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

/** A signal may have woken the incident since it was saved: the column, not the body, says when it wants to be woken. */
export function decodeIncident(row: Row): Incident {
  return checked(Incident, { ...objectOf(row, 'incident'), wakeAt: integerOrNull(row, 'wake_at') }, 'incident');
}

export function decodeObligation(row: Row): Obligation {
  return decode(Obligation, row, 'obligation');
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

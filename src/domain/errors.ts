interface ErrorCodeFacts {
  /** The level at which an occurrence is logged: error = our bug, warn = look today, info = another's outage. */
  readonly level: 'error' | 'warn' | 'info';
  readonly retryable: boolean;
  /** Exit code of the command line: 1 failure, 2 wrong input or configuration, 3 declined, 4 the other side is unavailable. */
  readonly exit: 1 | 2 | 3 | 4;
  readonly meaning: string;
}

/** Every error that Hale raises. `docs/errors.md` lists exactly these codes; a test compares both ways. */
export const ERROR_CODES = {
  'config-invalid': {
    level: 'error',
    retryable: false,
    exit: 2,
    meaning: 'The configuration file is wrong; the message names file, line, key and what is allowed.',
  },
  'policy-invalid': {
    level: 'error',
    retryable: false,
    exit: 2,
    meaning: 'A policy file is wrong; the message names file, line, key and what is allowed.',
  },
  'usage-invalid': {
    level: 'warn',
    retryable: false,
    exit: 2,
    meaning: 'A command or request was called with arguments that it does not take.',
  },
  'not-found': { level: 'info', retryable: false, exit: 1, meaning: 'No record has the id that was asked for.' },
  unauthenticated: {
    level: 'warn',
    retryable: false,
    exit: 1,
    meaning: 'The request carries no credential that Hale was configured with.',
  },
  forbidden: {
    level: 'warn',
    retryable: false,
    exit: 1,
    meaning: 'The token that was used has a role that may not do this.',
  },
  'body-malformed': {
    level: 'warn',
    retryable: false,
    exit: 2,
    meaning: 'The request body is not what the route takes.',
  },
  'body-too-large': {
    level: 'warn',
    retryable: false,
    exit: 2,
    meaning: 'The request body exceeds the configured limit.',
  },
  overloaded: {
    level: 'info',
    retryable: true,
    exit: 4,
    meaning: 'Hale cannot take this now; nothing was stored; send it again.',
  },
  'daemon-unavailable': {
    level: 'info',
    retryable: true,
    exit: 4,
    meaning: 'No Hale answers at the address that the command line was given.',
  },
  'store-locked': { level: 'error', retryable: false, exit: 1, meaning: 'Another process holds the store.' },
  'store-schema-newer': {
    level: 'error',
    retryable: false,
    exit: 1,
    meaning: 'The store was written by a newer version of Hale.',
  },
  'store-unavailable': {
    level: 'error',
    retryable: true,
    exit: 4,
    meaning: 'The store cannot be written: disk full, or an input/output error. Hale stops acting and keeps listening.',
  },
  'record-corrupt': {
    level: 'error',
    retryable: false,
    exit: 1,
    meaning: 'A stored record does not satisfy its schema.',
  },
  'metrics-unavailable': {
    level: 'info',
    retryable: true,
    exit: 4,
    meaning: 'Prometheus did not answer, or answered that it cannot.',
  },
  'metrics-rejected': { level: 'warn', retryable: false, exit: 1, meaning: 'Prometheus refused the query as wrong.' },
  'metrics-limit': {
    level: 'warn',
    retryable: false,
    exit: 1,
    meaning: 'The answer of Prometheus exceeds a limit of size or resolution.',
  },
  'alertmanager-unavailable': {
    level: 'info',
    retryable: true,
    exit: 4,
    meaning: 'Alertmanager did not answer, or answered that it cannot.',
  },
  'logs-unavailable': {
    level: 'info',
    retryable: true,
    exit: 4,
    meaning: 'Elasticsearch did not answer, is too busy, or answered in part only.',
  },
  'logs-view-expired': {
    level: 'info',
    retryable: true,
    exit: 4,
    meaning:
      'What was being read of Elasticsearch is gone: its point in time expired, or an index was deleted. Reading goes on from the stored position.',
  },
  'logs-forbidden': {
    level: 'warn',
    retryable: false,
    exit: 1,
    meaning: 'Elasticsearch refused the credential, or it lacks a privilege; the message names what is enough.',
  },
  'logs-rejected': { level: 'warn', retryable: false, exit: 1, meaning: 'Elasticsearch refused the request as wrong.' },
  'cluster-unavailable': {
    level: 'info',
    retryable: true,
    exit: 4,
    meaning: 'The Kubernetes API did not answer, is throttling, or the cache of it is not in step.',
  },
  'cluster-forbidden': {
    level: 'warn',
    retryable: false,
    exit: 1,
    meaning: 'The Kubernetes API refused for want of a permission; the message names it.',
  },
  'cluster-rejected': {
    level: 'warn',
    retryable: false,
    exit: 1,
    meaning: 'The Kubernetes API refused the request as invalid.',
  },
  'world-moved': {
    level: 'info',
    retryable: false,
    exit: 3,
    meaning: 'The object is no longer as it was when the plan was made; nothing was written.',
  },
  'intent-expired': {
    level: 'info',
    retryable: false,
    exit: 3,
    meaning: 'The deadline of the intent passed before the write; nothing was written.',
  },
  'query-budget-exhausted': {
    level: 'info',
    retryable: true,
    exit: 4,
    meaning: 'The incident has spent its queries for this minute.',
  },
  'approval-invalid': {
    level: 'warn',
    retryable: false,
    exit: 3,
    meaning: 'The approval does not fit: unknown or expired token, other digest, or already answered.',
  },
  'delivery-failed': {
    level: 'warn',
    retryable: true,
    exit: 4,
    meaning: 'A notification was not accepted by its channel.',
  },
  'model-unavailable': {
    level: 'info',
    retryable: true,
    exit: 4,
    meaning: 'The language model did not answer, or with an error; everything else works without it.',
  },
  'model-answer-invalid': {
    level: 'info',
    retryable: false,
    exit: 1,
    meaning: 'The language model refused, or answered something that is not of the form asked for; it is dropped.',
  },
  'model-budget-spent': {
    level: 'info',
    retryable: false,
    exit: 3,
    meaning: 'The budget of tokens or money for the language model has no room for one more call.',
  },
  'internal-error': { level: 'error', retryable: false, exit: 1, meaning: 'A defect in Hale.' },
} as const satisfies Record<string, ErrorCodeFacts>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** The one exception type. `message` is written for a person: what is wrong, where, what to do instead. */
export class HaleError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HaleError';
    this.code = code;
    this.details = options.details ?? {};
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/** Whether `error` is a HaleError of one of `codes` (any code when none is given). */
export function isHaleError(error: unknown, ...codes: readonly ErrorCode[]): error is HaleError {
  return error instanceof HaleError && (codes.length === 0 || codes.includes(error.code));
}

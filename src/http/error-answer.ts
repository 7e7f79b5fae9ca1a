import { ERROR_CODES, type ErrorCode, HaleError, isHaleError } from '../domain/errors.ts';

/** The HTTP status of each error code. */
export const STATUS_OF_CODE: Readonly<Record<ErrorCode, number>> = {
  'config-invalid': 500,
  'policy-invalid': 500,
  'usage-invalid': 400,
  'not-found': 404,
  unauthenticated: 401,
  forbidden: 403,
  'body-malformed': 400,
  'body-too-large': 413,
  overloaded: 503,
  'daemon-unavailable': 503,
  'store-locked': 503,
  'store-schema-newer': 500,
  'store-unavailable': 503,
  'record-corrupt': 500,
  'metrics-unavailable': 502,
  'metrics-rejected': 502,
  'metrics-limit': 502,
  'alertmanager-unavailable': 502,
  'logs-unavailable': 502,
  'logs-view-expired': 502,
  'logs-forbidden': 502,
  'logs-rejected': 502,
  'cluster-unavailable': 502,
  'cluster-forbidden': 502,
  'cluster-rejected': 502,
  'world-moved': 409,
  'intent-expired': 409,
  'query-budget-exhausted': 503,
  'approval-invalid': 409,
  'delivery-failed': 502,
  'model-unavailable': 503,
  'model-answer-invalid': 502,
  'model-budget-spent': 503,
  'internal-error': 500,
};

export interface ErrorAnswer {
  readonly status: number;
  readonly body: { readonly error: { readonly code: ErrorCode; readonly message: string } };
  /** At which it is logged; a defect is an error. */
  readonly level: 'error' | 'warn' | 'info';
}

/** Codes of Fastify's own refusals, and what they mean here. */
const OF_FASTIFY: Readonly<
  Record<string, { readonly code: ErrorCode; readonly status?: number; readonly message: string }>
> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'body-too-large', message: 'the body exceeds the limit of this route' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'body-malformed',
    status: 415,
    message: 'send JSON with content-type application/json',
  },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'body-malformed', message: 'the body is not JSON' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'body-malformed', message: 'the body is empty; send JSON' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'body-malformed',
    message: 'the body is shorter or longer than announced',
  },
  FST_ERR_BAD_URL: { code: 'usage-invalid', message: 'the path cannot be decoded' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'usage-invalid', status: 414, message: 'a part of the path is too long' },
};

/** What a caller learns of an error: of a defect only that it is one. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (isHaleError(error)) return answerOf(error);
  const known = OF_FASTIFY[codeOf(error)];
  if (known !== undefined) return answerOf(new HaleError(known.code, known.message), known.status);
  return answerOf(new HaleError('internal-error', 'a defect in Hale; its log has the details'));
}

function answerOf({ code, message }: HaleError, status = STATUS_OF_CODE[code]): ErrorAnswer {
  // The message of a defect may quote what is inside.
  const told = code === 'internal-error' ? 'a defect in Hale; its log has the details' : message;
  return { status, body: { error: { code, message: told } }, level: ERROR_CODES[code].level };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  // JSON that Fastify's parser refuses has no code of Fastify's, only a status.
  return typeof error.code === 'string' ? error.code : '';
}

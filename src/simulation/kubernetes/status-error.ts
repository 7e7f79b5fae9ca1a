/** A failure as the API server words it: thrown inside, answered as a `Status` object. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: number, reason: string, message: string, details?: Record<string, unknown>) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

export function statusBody(error: StatusError): Record<string, unknown> {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    reason: error.reason,
    ...(error.details === undefined ? {} : { details: error.details }),
    code: error.code,
  };
}

export function notFound(resource: string, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${resource} "${name}" not found`, { name, kind: resource.split('.')[0] });
}

export function conflict(resource: string, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${resource} "${name}": ${why}`;
  return new StatusError(409, 'Conflict', message, { name, kind: resource.split('.')[0] });
}

export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

export function invalidObject(kind: string, name: string, field: string, why: string): StatusError {
  return new StatusError(422, 'Invalid', `${kind} "${name}" is invalid: ${field}: ${why}`, {
    name,
    kind,
    causes: [{ reason: 'FieldValueInvalid', message: why, field }],
  });
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function gone(message: string): StatusError {
  return new StatusError(410, 'Expired', message);
}

import { HaleError } from '../../domain/errors.ts';
import { type Permission, permissionName } from '../../domain/permission.ts';
import type { HttpFailure } from '../http/failure.ts';
import { retryAfterMsOf } from '../http/retry-after.ts';
import type { HttpAnswer } from '../http/transport.ts';
import { textAt } from './json.ts';

/** What was asked of the API server, in the words of RBAC. */
export interface KubeOperation {
  readonly permission: Omit<Permission, 'because'>;
  /** null: at the scope of the cluster. */
  readonly namespace: string | null;
  readonly name?: string | undefined;
  /** Whether it may have changed something, had it arrived. */
  readonly writes: boolean;
}

const MAX_SAID = 300;

/** `patch deployments/scale.apps "orders" in namespace shop` */
export function operationName({ permission, namespace, name }: KubeOperation): string {
  const object = name === undefined ? '' : ` "${name}"`;
  return `${permissionName(permission)}${object}${namespace === null ? '' : ` in namespace ${namespace}`}`;
}

/**
 * Translates an answer that is not a success. `details.maybeApplied` is false only when it is certain that nothing was written: the API server
 * refuses with 4xx before it stores, while a 5xx may come after the store took it.
 */
export function refusal(answer: Pick<HttpAnswer, 'status' | 'headers' | 'body'>, operation: KubeOperation): HaleError {
  const { status } = answer;
  const { reason, message } = statusOf(answer.body);
  const what = operationName(operation);
  const retryAfterMs = retryAfterMsOf(answer.headers['retry-after']);
  const details = {
    status,
    ...(reason === null ? {} : { reason }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
    maybeApplied: operation.writes && status >= 500,
  };
  if (status === 401) {
    return new HaleError('cluster-forbidden', `${what}: the API server does not accept Hale's credential`, { details });
  }
  if (status === 403) {
    const missing = `missing permission: ${permissionName(operation.permission)} ${scopeOf(operation)}`;
    return new HaleError('cluster-forbidden', `${missing}; the API server says: ${message}`, {
      details: { ...details, missing: permissionName(operation.permission), namespace: operation.namespace },
    });
  }
  if (status === 429 || status >= 500) {
    const why = status === 429 ? 'the API server is throttling' : `the API server answered HTTP ${status}`;
    return new HaleError('cluster-unavailable', `${what}: ${why}: ${message}`, { details });
  }
  if (status >= 300 && status < 400) {
    return new HaleError('cluster-rejected', `${what}: answered with a redirect, which is not followed`, { details });
  }
  return new HaleError('cluster-rejected', `${what}: refused (HTTP ${status}): ${message}`, { details });
}

function scopeOf({ namespace }: KubeOperation): string {
  return namespace === null ? '(in the whole cluster)' : `(in namespace ${namespace})`;
}

/** Translates an exchange that brought no whole answer. */
export function noAnswer(error: HttpFailure, operation: KubeOperation): HaleError {
  if (error.kind === 'withheld' && error.cause instanceof HaleError) return error.cause;
  return new HaleError('cluster-unavailable', `${operationName(operation)}: ${error.message}`, {
    cause: error,
    details: {
      maybeApplied: operation.writes && error.sent,
      ...(error.kind === 'aborted' ? { aborted: true } : {}),
    },
  });
}

/** A success whose body cannot be read: for a write, it did happen, or something in between answered. */
export function unreadable(operation: KubeOperation, why: string, cause?: unknown): HaleError {
  return new HaleError(
    'cluster-unavailable',
    `${operationName(operation)}: the answer is not what a Kubernetes API server sends (${why}); is a proxy or a login page in between?`,
    { cause, details: { maybeApplied: operation.writes } },
  );
}

/** Reason and message of a `Status` object; something else than one is not quoted. */
export function statusOf(body: string): { reason: string | null; message: string } {
  try {
    const status: unknown = JSON.parse(body);
    const message = textAt(status, 'message') ?? 'no explanation';
    return { reason: textAt(status, 'reason'), message: message.slice(0, MAX_SAID) };
  } catch {
    return { reason: null, message: 'no explanation in the format of Kubernetes' };
  }
}

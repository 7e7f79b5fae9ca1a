import { HaleError, isHaleError } from '../domain/errors.ts';
import type { AlertReader, ReadAlerts } from './read-alerts.ts';

export interface PendingLimits {
  /** Bodies that may be under way at once; more are put off. */
  readonly maxPendingCommits: number;
  /** And their bytes together. */
  readonly maxPendingBytes: number;
}

export interface BodyReceiver<Result> {
  /** Resolves after the durable write. Errors: body-malformed; overloaded or store-unavailable, when it may be sent again. */
  receive(body: string | Uint8Array): Promise<Result>;
}

/** Admits a body, reads it and hands it on to be stored. Of those that wait only so many are kept: memory stays bounded. */
export function createBodyReceiver<Result>({
  reader,
  take,
  limits,
  onRefused,
}: {
  readonly reader: Pick<AlertReader, 'read'>;
  readonly take: (alerts: ReadAlerts) => Promise<Result>;
  readonly limits: PendingLimits;
  /** Told of refusals that are made here; those of `take` are its own to tell. */
  readonly onRefused?: (code: string) => void;
}): BodyReceiver<Result> {
  let pending = 0;
  let pendingBytes = 0;

  function read(body: string | Uint8Array): ReadAlerts {
    try {
      if (pending >= limits.maxPendingCommits || pendingBytes + body.length > limits.maxPendingBytes) {
        throw new HaleError(
          'overloaded',
          `${pending} bodies of ${pendingBytes} bytes are being stored already; send this one again`,
        );
      }
      return reader.read(body);
    } catch (error) {
      onRefused?.(isHaleError(error) ? error.code : 'internal-error');
      throw error;
    }
  }

  return {
    async receive(body) {
      const alerts = read(body);
      const bytes = body.length;
      pending += 1;
      pendingBytes += bytes;
      try {
        return await take(alerts);
      } finally {
        pending -= 1;
        pendingBytes -= bytes;
      }
    },
  };
}

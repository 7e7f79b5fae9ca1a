import type { ErrorCode } from '../../domain/errors.ts';
import type { IntakeResult } from '../../intake/alert-intake.ts';
import type { PreparedCredentials } from '../../intake/authenticate.ts';
import type { ReadAlerts, ReadingSettings } from '../../intake/read-alerts.ts';
import type { PendingLimits } from '../../intake/receive-body.ts';
import type { tlsOptions } from '../listening.ts';

/** All that the thread is started with; plain data, for it crosses as a copy. */
export interface DoorSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: ReturnType<typeof tlsOptions> | null;
  readonly bodyTimeoutMs: number;
  readonly maxConnections: number;
  /** Longest body of any request but alerts; the app on the main thread has the same limit. */
  readonly maxApiBodyBytes: number;
  /** The main thread may be silent for so long before alerts are put off, and for so long before all that wait are. */
  readonly putOffAfterMs: number;
  readonly giveUpAfterMs: number;
  readonly alerts: AlertsSettings;
}

/** What the alerts are read with. */
export interface AlertsSettings extends ReadingSettings {
  readonly credentials: PreparedCredentials;
  readonly limits: ReadingSettings['limits'] &
    PendingLimits & {
      readonly maxBodyBytes: number;
      /** Requests that may be under way at once, their bodies still arriving or being stored; more get 503 before their body is read. */
      readonly maxRequests: number;
    };
}

/** A request for anything but alerts, on its way to the main thread; its body follows. */
export interface RequestHead {
  readonly id: number;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly remoteAddress: string;
}

/** What a sender is told; warnings are for the log. */
export type Taken = Omit<IntakeResult, 'warnings'>;

export type Outcome =
  | { readonly id: number; readonly result: Taken }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } };

/** What the thread says. */
export type FromDoor =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'cannot-listen'; readonly why: string }
  /** Bodies of one turn of its event loop. */
  | { readonly kind: 'alerts'; readonly bodies: readonly { readonly id: number; readonly alerts: ReadAlerts }[] }
  /** Alerts that were answered with anything but 200. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: ErrorCode; readonly cause: string | null }
  /** Refused by intake itself: for its own count. */
  | { readonly kind: 'not-read'; readonly code: string }
  | ({ readonly kind: 'request' } & RequestHead)
  | { readonly kind: 'body'; readonly id: number; readonly bytes: Uint8Array }
  /** No more of the body comes; `whole` is false when the sender went away. */
  | { readonly kind: 'body-end'; readonly id: number; readonly whole: boolean }
  | { readonly kind: 'are-you-there' }
  | { readonly kind: 'closed' };

/** What the thread is told. */
export type ToDoor =
  | { readonly kind: 'outcomes'; readonly outcomes: readonly Outcome[] }
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[]>>;
      readonly body: Uint8Array;
    }
  | { readonly kind: 'here' }
  | { readonly kind: 'close'; readonly withinMs: number };

/** One end of the line between the two threads, with what goes each way. */
export interface Line<Out, In> {
  post(message: Out): void;
  onMessage(take: (message: In) => void): void;
}

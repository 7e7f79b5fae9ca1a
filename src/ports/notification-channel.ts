import type { Notification } from '../domain/obligation.ts';

/** One way to tell a person. Resolves when the other side accepted it; throws `delivery-failed` otherwise. */
export interface NotificationChannel {
  readonly name: string;
  deliver(notification: Notification, signal: AbortSignal): Promise<void>;
}

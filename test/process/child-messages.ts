import type { ClockSettings } from './shared-clock.ts';

/** What the test gives to `daemon-child.ts`, as JSON in its first argument. */
export interface ChildSettings {
  readonly configFile: string;
  readonly clock: ClockSettings;
  /** A step by name (the first time that it is reached) or by number, counted from 1; null: live on. */
  readonly dieAt: string | number | null;
}

/** What it tells back. */
export type ChildMessage =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'step'; readonly step: string; readonly incidentId: string };

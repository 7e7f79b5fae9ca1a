import { z } from 'zod';
import { Instant } from './instant.ts';

/** Closed list of what can wake Hale, with an example each. */
export const SIGNAL_KINDS = {
  alert: 'an alert of Alertmanager or Grafana: OrdersPoolWaiting is firing since 14:02',
  recurrence: "the users indicator of a resolved incident is bad again, by Hale's own reading",
  hypothesis:
    'the model suspects bad-release on Deployment shop/orders: detectors look there, and only what they find counts',
  scan: 'Hale itself noticed something unusual, without any alert: the mean duration of requests of web is 8 times its usual',
  'watchdog-missed': 'the Watchdog alert that must always fire has not arrived for 10 minutes',
} as const;

export const SignalKind = z.enum(
  Object.keys(SIGNAL_KINDS) as [keyof typeof SIGNAL_KINDS, ...(keyof typeof SIGNAL_KINDS)[]],
);
export type SignalKind = z.infer<typeof SignalKind>;

export const SignalStatus = z.enum(['firing', 'resolved']);
export type SignalStatus = z.infer<typeof SignalStatus>;

/** As many signals of an incident are shown to detectors: more of one workload say nothing new. */
export const SIGNALS_SHOWN = 32;

/** One raw observation, redacted before it was stored. */
export const Signal = z.object({
  id: z.string().min(1),
  kind: SignalKind,
  /** Unique in the store: the same observation delivered twice is one signal. Alerts: `fingerprint|startsAt|status`. */
  dedupeKey: z.string().min(1),
  /** One occurrence of the condition; firing and resolved share it. Alerts: `fingerprint|startsAt`. */
  occurrence: z.string().min(1),
  status: SignalStatus,
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  generatorUrl: z.string(),
  startedAt: Instant,
  receivedAt: Instant,
  /** The incident whose inbox holds it; null for a resolve that nothing was open for. */
  incidentId: z.string().nullable(),
});
export type Signal = z.infer<typeof Signal>;

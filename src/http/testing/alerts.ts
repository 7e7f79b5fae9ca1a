import type { AlertIntake, IntakeResult } from '../../intake/alert-intake.ts';
import { type IntakeCredential, prepareCredentials } from '../../intake/authenticate.ts';
import { LIMITS } from '../../intake/testing/intake.ts';
import type { HttpServerOptions } from '../server.ts';

type Alerts = HttpServerOptions['alerts'];

export const NOTHING: IntakeResult = {
  accepted: 0,
  duplicates: 0,
  ignored: 0,
  watchdog: 0,
  incidentsOpened: 0,
  warnings: [],
};

/** What the HTTP door needs for alerts, with an intake that stores nothing unless another one is given. */
export function alertsOptions(
  credentials: readonly IntakeCredential[] = [],
  intake: AlertIntake = { take: async () => NOTHING },
  limits: Partial<Alerts['limits']> = {},
): Alerts {
  return {
    intake,
    credentials: prepareCredentials(credentials),
    redaction: {},
    watchdogName: null,
    limits: { ...LIMITS, maxBodyBytes: 10_000, maxRequests: 10, ...limits },
  };
}

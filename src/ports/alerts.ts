/** An alert as Alertmanager's own API lists it. */
export interface ActiveAlert {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339 as sent. */
  readonly startsAt: string;
  readonly generatorUrl: string;
}

/** Reads the configured Alertmanager, never an address out of a webhook body. Errors: alertmanager-unavailable. */
export interface AlertsReader {
  /** Active, not silenced or inhibited alerts whose labels equal all of `labels`, for the receiver (as named in the body, regexp-escaped). */
  active(
    filter: { readonly labels: Readonly<Record<string, string>>; readonly receiver?: string },
    signal?: AbortSignal,
  ): Promise<readonly ActiveAlert[]>;
  version(signal?: AbortSignal): Promise<string>;
}

/** How an exchange over HTTP ended without an answer that can be used. */
export type HttpFailureKind = 'timeout' | 'aborted' | 'connection' | 'too-large' | 'withheld';

/**
 * Thrown by the transport alone; each adapter translates it to its own error code. `sent` is false only when it is certain that not one
 * byte of the request left: then the other side cannot have acted on it.
 */
export class HttpFailure extends Error {
  readonly kind: HttpFailureKind;
  readonly sent: boolean;
  /** The system's or TLS's code, such as ECONNREFUSED; null when there is none. */
  readonly systemCode: string | null;

  constructor(kind: HttpFailureKind, message: string, options: { sent: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HttpFailure';
    this.kind = kind;
    this.sent = options.sent;
    this.systemCode = systemCodeOf(options.cause);
  }

  /** The other side's certificate, or ours, was not accepted: credentials may have been renewed on disk. */
  get concernsCertificates(): boolean {
    return this.systemCode !== null && /CERT|SSL|TLS|SIGNATURE|ISSUER/.test(this.systemCode);
  }
}

export function systemCodeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code: unknown = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') return code;
  // Node tries every address of a name and throws all failures together; the first one stands for them.
  return error instanceof AggregateError ? systemCodeOf(error.errors[0]) : null;
}

/** What a person needs to know of a connection error: the code, and Node's words when there is no code. */
export function describeConnectionError(error: unknown): string {
  const code = systemCodeOf(error);
  const said = error instanceof Error && error.message !== '' ? error.message : String(error);
  return code === null || said.includes(code) ? said : `${code}: ${said}`;
}

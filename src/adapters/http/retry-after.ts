/** Retry-After in whole seconds, as milliseconds; its date form is read as absent, for clocks differ. */
export function retryAfterMsOf(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header.trim()) ? Number(header.trim()) * 1000 : null;
}

export interface Trace {
  traceId: string;
  /** What to send with calls made for this request. */
  traceparent: string;
}

/** W3C Trace Context, version 00. A missing or malformed header starts a new trace, as that specification asks. */
export function readTrace(header: string | string[] | undefined, randomHex: (bytes: number) => string): Trace {
  const match = typeof header === 'string' ? /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(header) : null;
  const given = match?.[1];
  const traceId = given === undefined || /^0+$/.test(given) ? randomHex(16) : given;
  return { traceId, traceparent: `00-${traceId}-${randomHex(8)}-01` };
}

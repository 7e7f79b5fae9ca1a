import pino, { type DestinationStream, type Logger } from 'pino';

export type { Logger };

/**
 * JSON lines with a static message and the data in the object. `redact` goes over every string of an error, for messages of servers may
 * quote what they were sent.
 */
export function createLogger(options: {
  level: string;
  redact: (text: string) => string;
  destination?: DestinationStream;
}): Logger {
  const { level, redact, destination } = options;
  const settings = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: {
      err: (error: unknown) => written(error, redact, MAX_CAUSES),
    },
  };
  return destination === undefined ? pino(settings) : pino(settings, destination);
}

/** An error wraps at most so many others that are still worth reading. */
const MAX_CAUSES = 3;

function written(error: unknown, redact: (text: string) => string, causes: number): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: redact(String(error)) };
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return {
    name: error.name,
    code,
    message: redact(error.message),
    stack: redact(error.stack ?? ''),
    ...(cause === undefined || causes === 0 ? {} : { cause: written(cause, redact, causes - 1) }),
  };
}

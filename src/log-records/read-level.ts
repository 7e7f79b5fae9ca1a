import type { LogLevel } from '../domain/log-record.ts';

const WORDS = new Map<string, LogLevel>(
  Object.entries({
    trace: ['trace', 'finest', 'finer', 'verbose', 'trc'],
    debug: ['debug', 'dbg', 'fine', 'config'],
    info: ['info', 'information', 'informational', 'notice', 'inf', 'log', 'statement'],
    warn: ['warn', 'warning', 'wrn'],
    error: ['error', 'err', 'severe', 'failure'],
    fatal: ['fatal', 'critical', 'crit', 'alert', 'emerg', 'emergency', 'panic', 'ftl', 'dpanic'],
  } satisfies Record<LogLevel, readonly string[]>).flatMap(([level, words]) =>
    words.map((word) => [word, level as LogLevel] as const),
  ),
);

/** Only the words that nothing else begins a line with. */
const IN_LINE = /\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|FATAL|CRITICAL|PANIC)\b/;
const LOOK_WITHIN = 120;

/** A level by its name in any spelling, by pino's numbers (10 to 60), or by those of OpenTelemetry (1 to 24). */
export function readLevel(value: string | number): LogLevel | null {
  if (typeof value === 'string') {
    const word = value.trim().toLowerCase();
    // OpenTelemetry numbers them within a level: `ERROR2`.
    const known = WORDS.get(word) ?? WORDS.get(word.replace(/[2-4]$/, ''));
    if (known !== undefined || !/^\d{1,2}$/.test(word)) return known ?? null;
    return readLevel(Number(word));
  }
  if (!Number.isInteger(value) || value < 1 || value > 60) return null;
  if (value > 24 || value % 10 === 0) return OF_PINO[Math.floor(value / 10)] ?? null;
  return OF_OTEL[Math.floor((value - 1) / 4)] ?? null;
}

const OF_PINO: readonly (LogLevel | undefined)[] = [undefined, 'trace', 'debug', 'info', 'warn', 'error', 'fatal'];
const OF_OTEL: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** The level that an unparsed line names near its beginning, in capitals. */
export function levelInLine(line: string): LogLevel | null {
  const word = IN_LINE.exec(line.length > LOOK_WITHIN ? line.slice(0, LOOK_WITHIN) : line)?.[1];
  return word === undefined ? null : (WORDS.get(word.toLowerCase()) ?? null);
}

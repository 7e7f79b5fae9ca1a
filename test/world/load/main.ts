import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startLoad } from './load.ts';

const usage = 'main.ts --url URL --rate PER_SECOND --seconds N [--seed N] [--timeout-ms N] [--max-in-flight N]';
const maxSeconds = 3600;
const progressMs = 5000;

function readNumber(name: string, text: string | undefined, fallback: number | undefined, max: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (value === undefined || !(value > 0 && value <= max)) {
    throw new Error(`--${name} is ${text ?? 'missing'}; write a number above 0 and at most ${max}\n${usage}`);
  }
  return value;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      rate: { type: 'string' },
      seconds: { type: 'string' },
      seed: { type: 'string' },
      'timeout-ms': { type: 'string' },
      'max-in-flight': { type: 'string' },
    },
  });
  if (values.url === undefined || !URL.canParse(values.url)) throw new Error(`--url must be an http URL\n${usage}`);
  const durationMs = readNumber('seconds', values.seconds, undefined, maxSeconds) * 1000;
  const load = startLoad({
    url: values.url,
    ratePerS: readNumber('rate', values.rate, undefined, 5000),
    seed: readNumber('seed', values.seed, 1, 4_294_967_295),
    timeoutMs: readNumber('timeout-ms', values['timeout-ms'], 5000, 600_000),
    maxInFlight: readNumber('max-in-flight', values['max-in-flight'], 1000, 20_000),
  });
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  process.once('SIGTERM', () => interrupted.abort());
  const progress = setInterval(() => {
    const { window, inFlight } = load.snapshot(progressMs);
    process.stderr.write(
      `sent ${window.sent} ok ${window.ok} errors ${window.errorsTotal} in flight ${inFlight} p95 ${window.p95?.toFixed(0) ?? '-'} ms\n`,
    );
  }, progressMs);
  // An interrupt ends the run early, and the figures so far are still printed.
  await delay(durationMs, undefined, { signal: interrupted.signal }).catch(() => undefined);
  const { total, inFlight, forgotten } = await load.stop();
  clearInterval(progress);
  process.stdout.write(`${JSON.stringify({ ...total, inFlight, forgotten })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

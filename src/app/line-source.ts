import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { HaleError } from '../domain/errors.ts';

/** Of a longer line the beginning is read: what makes a pattern stands there. */
const LONGEST_LINE = 64 * 1024;

/** The lines of a file, gzipped ones by their name, or of standard input for `-`; some at a time. Errors: usage-invalid, naming the file. */
export async function* linesOf(file: string, stdin: Readable): AsyncGenerator<readonly string[]> {
  const source: Readable = file === '-' ? stdin : createReadStream(file, { highWaterMark: 256 * 1024 });
  const stream = file.endsWith('.gz') ? source.pipe(createGunzip()) : source;
  // A broken source does not end what it is piped into.
  source.on('error', (error) => stream.destroy(error));
  try {
    yield* linesOfChunks(stream);
  } catch (error) {
    throw new HaleError(
      'usage-invalid',
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  } finally {
    source.destroy();
  }
}

/** Cuts bytes into lines; what is not UTF-8 becomes U+FFFD. No more than one line's beginning and one chunk are held. */
export async function* linesOfChunks(chunks: AsyncIterable<unknown>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    if (lines.length > 0) yield lines.map(bounded);
  }
  rest += decoder.decode();
  if (rest !== '') yield [bounded(rest)];
}

function bounded(line: string): string {
  const end = line.endsWith('\r') ? line.length - 1 : line.length;
  return line.slice(0, Math.min(end, LONGEST_LINE));
}

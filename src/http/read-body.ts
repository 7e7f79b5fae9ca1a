import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip, inflate, zstdDecompress } from 'node:zlib';
import { HaleError, isHaleError } from '../domain/errors.ts';

/** Bytes of bodies that are in memory at once, over all senders. */
export interface BodyBudget {
  readonly maxBytes: number;
  usedBytes: number;
}

export interface ReadBody {
  readonly body: Buffer;
  /** Gives its bytes back to the budget; to be called once, when the body is done with. */
  readonly release: () => void;
}

const UNPACK = { gzip: promisify(gunzip), deflate: promisify(inflate), zstd: promisify(zstdDecompress) } as const;

/**
 * Reads a body as it comes, counted against the budget byte by byte, and unpacks it. Errors: body-too-large beyond `maxBytes`, packed or
 * not; overloaded when the budget is spent; body-malformed when it does not unpack; usage-invalid for an encoding that is not known.
 */
export async function readBody(
  payload: Readable,
  encoding: string | undefined,
  maxBytes: number,
  budget: BodyBudget,
): Promise<ReadBody> {
  const name = encoding === undefined || encoding === 'identity' ? null : encoding.toLowerCase();
  if (name !== null && !Object.hasOwn(UNPACK, name)) {
    throw new HaleError('usage-invalid', `content-encoding ${name.slice(0, 40)} is not taken; send gzip, or none`);
  }
  let held = 0;
  const hold = (bytes: number): void => {
    budget.usedBytes += bytes;
    held += bytes;
    if (budget.usedBytes > budget.maxBytes) {
      throw new HaleError(
        'overloaded',
        `bodies of ${budget.maxBytes} bytes are being counted already; send this again`,
      );
    }
  };
  const release = (): void => {
    budget.usedBytes -= held;
    held = 0;
  };
  try {
    const packed = await collect(payload, maxBytes, hold);
    if (name === null) return { body: packed, release };
    const body = await unpack(packed, name as keyof typeof UNPACK, maxBytes);
    hold(body.length);
    return { body, release };
  } catch (error) {
    release();
    if (isHaleError(error)) throw error;
    // Cut off, by either side or by the time limit.
    throw new HaleError('body-malformed', 'the body did not arrive whole; nothing of it was taken', { cause: error });
  }
}

async function collect(payload: Readable, maxBytes: number, hold: (bytes: number) => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of payload as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    hold(chunk.length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

async function unpack(packed: Buffer, name: keyof typeof UNPACK, maxBytes: number): Promise<Buffer> {
  try {
    return await UNPACK[name](packed, { maxOutputLength: maxBytes });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new HaleError('body-malformed', `the body does not unpack as ${name}; send it whole`, { cause: error });
  }
}

function tooLarge(maxBytes: number): HaleError {
  return new HaleError('body-too-large', `the body exceeds ${maxBytes} bytes; send smaller batches`);
}

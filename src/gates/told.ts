import type { Fact } from '../domain/gate-facts.ts';

/** What one reading says: a value, or why there is none. `source` where it is another than the usual one. */
export type Told<T> =
  | { readonly value: T; readonly source?: string }
  | { readonly why: string; readonly source?: string };

/** Longest reason that is kept: a message may carry a whole answer of a server. */
const MAX_WHY_LENGTH = 500;

/** One fact of one reading. Never throws: a reading that fails, or has not ended when `signal` aborts, is unknown with the reason. */
export async function factOf<T>(
  source: string,
  read: () => Promise<Told<T>> | Told<T>,
  ctx: { readonly signal: AbortSignal; now(): number },
): Promise<Fact<T>> {
  try {
    const told = await untilAborted(read, ctx.signal);
    const from = told.source ?? source;
    if ('value' in told) return { known: true, value: told.value, source: from, at: ctx.now() };
    return { known: false, source: from, at: ctx.now(), why: told.why.slice(0, MAX_WHY_LENGTH) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { known: false, source, at: ctx.now(), why: why.slice(0, MAX_WHY_LENGTH) };
  }
}

/** The same reading for several facts: asked once, when first needed. */
export function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= read();
    return asked;
  };
}

async function untilAborted<T>(read: () => Promise<T> | T, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new Error('no answer in time'));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([read(), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

import type { LogCommit } from '../ports/log-store.ts';

/**
 * Which bodies without document ids may come again because their answer got lost. Two bodies of the same bytes are not a repetition by
 * themselves: a quiet service writes the same line twice. They are one when the answer to the first did not leave whole, or when Hale ended
 * before it could know; and then once.
 */
export interface Receipts {
  open(now: number): OpenReceipts;
  /** Of a body that was stored: whether its answer left, whole. */
  answered(hash: string, whole: boolean, now: number): void;
}

/** The bodies of one commit. */
interface OpenReceipts {
  /** Whether this body was counted before. */
  take(hash: string): boolean;
  changes(): NonNullable<LogCommit['receipts']>;
  stored(): void;
}

/** More bodies that are under way, or unanswered, are not remembered; far beyond what waits at any time. */
const MAX_UNANSWERED = 20_000;

export function createReceipts(
  kept: readonly { readonly hash: string; readonly at: number }[],
  keepForMs: number,
): Receipts {
  /** Counted, and the answer may not have arrived. */
  const unanswered = new Map(kept.map(({ hash, at }) => [hash, at]));
  /** Arrived, and still to be let go in the store. */
  let settled: string[] = [];

  return {
    open(now) {
      const taken = new Set<string>();
      const consumed = new Set<string>();
      const letGo = settled;
      return {
        take(hash) {
          const at = unanswered.get(hash);
          const repeat = at !== undefined && at >= now - keepForMs && !consumed.has(hash);
          if (repeat) consumed.add(hash);
          taken.add(hash);
          return repeat;
        },
        changes: () => ({
          add: [...taken].map((hash) => ({ hash, at: now })),
          remove: letGo.filter((hash) => !taken.has(hash)),
        }),
        stored() {
          settled = settled.slice(letGo.length);
          for (const hash of consumed) unanswered.delete(hash);
          for (const [hash, at] of unanswered) {
            if (at >= now - keepForMs && unanswered.size <= MAX_UNANSWERED) break;
            unanswered.delete(hash);
          }
        },
      };
    },
    answered(hash, whole, now) {
      if (whole) settled.push(hash);
      else unanswered.set(hash, now);
    },
  };
}

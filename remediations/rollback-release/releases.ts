import { isDeepStrictEqual } from 'node:util';
import type { RevisionView } from '../../src/ports/cluster-details.ts';

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

/** The release that runs, and the one before it. */
export interface Releases {
  readonly current: RevisionView;
  readonly previous: RevisionView;
  /** When the release began, which a restart since does not change (Unix ms). */
  readonly beganAt: number;
}

/** A restart makes a revision of its own, which is no other release. Null when there is none before. */
export function releasesOf(revisions: readonly RevisionView[]): Releases | null {
  const [current] = revisions;
  if (current === undefined) return null;
  const index = revisions.findIndex(({ template }) => !isSameRelease(template, current.template));
  const previous = revisions[index];
  if (previous === undefined) return null;
  const beganAt = Math.min(...revisions.slice(0, index).map(({ createdAt }) => createdAt));
  return { current, previous, beganAt };
}

/** Whether fields that are null or empty are written out at all differs between objects of one template. */
export function isSameTemplate(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(cleaned(a, []), cleaned(b, []));
}

function isSameRelease(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(cleaned(a, [RESTARTED_AT]), cleaned(b, [RESTARTED_AT]));
}

function cleaned(value: unknown, left: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((one) => cleaned(one, left));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value)
    .filter(([name]) => !left.includes(name))
    .map(([name, inner]) => [name, cleaned(inner, left)] as const)
    .filter(([, inner]) => !isEmpty(inner));
  return Object.fromEntries(kept);
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

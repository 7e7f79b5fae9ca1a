import { type Fingerprint, fingerprintOf } from './fingerprint.ts';
import { ANY, kindOf } from './token.ts';

/** Tokens with what is looked at again and again. */
export interface Template {
  readonly tokens: readonly string[];
  readonly print: Fingerprint;
  /** Bits of `kindOf`, by token. */
  readonly kinds: readonly number[];
}

/** Templates that are one and the same, by their indexes, and what they have in common. */
export interface Cluster extends Template {
  readonly members: readonly number[];
}

export function templateOf(tokens: readonly string[]): Template {
  return { tokens, print: fingerprintOf(tokens), kinds: tokens.map(kindOf) };
}

/** One cluster of several: what differs becomes a parameter. Where lengths differ, the shortest tells the tokens. */
export function joinClusters(group: readonly Cluster[]): Cluster {
  const [first] = group;
  if (first === undefined) throw new RangeError('nothing to join');
  if (group.length === 1) return first;
  const shortest = group.reduce((best, one) => (isBefore(one.tokens, best.tokens) ? one : best), first);
  const length = shortest.tokens.length;
  const members = group.flatMap((one) => one.members);
  if (!group.every((one) => one.tokens.length === length)) return { ...shortest, members };
  const tokens = shortest.tokens.map((token, column) =>
    group.every((one) => one.tokens[column] === token) ? token : ANY,
  );
  return { ...templateOf(tokens), members };
}

/** Shorter, then by the letters: the same whatever the order was. */
function isBefore(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return a.length < b.length;
  return keyOf(a) < keyOf(b);
}

/** A text that no other list of tokens has. */
export function keyOf(tokens: readonly string[]): string {
  return tokens.join('\u0000');
}

/** Joins clusters of the same signature, in the order in which they came; null keeps a cluster apart. */
export function joinBySignature(
  clusters: readonly Cluster[],
  signatureOf: (template: Template) => string | null,
  accepts: (group: readonly Cluster[], signature: string) => boolean = () => true,
): Cluster[] {
  const groups = new Map<string, Cluster[]>();
  const out: Cluster[] = [];
  for (const one of clusters) {
    const signature = signatureOf(one);
    const group = signature === null ? undefined : groups.get(signature);
    if (signature === null) out.push(one);
    else if (group === undefined) groups.set(signature, [one]);
    else group.push(one);
  }
  for (const [signature, group] of groups) {
    if (group.length === 1 || !accepts(group, signature)) out.push(...group);
    else out.push(joinClusters(group));
  }
  return out;
}

import { sameWithout, sumWithout } from './fingerprint.ts';
import { createIntCounts } from './int-counts.ts';
import { type Cluster, joinClusters } from './template.ts';
import { ANY, ANY_TOKEN, isEnumerated, isLean, KEYWORD_TOKEN, kindOf, LEAN_TOKEN, WORD_TOKEN } from './token.ts';

/** So many words in one place, everything else the same, and the place is a parameter. From 4 to 6 nothing changes on the public logs. */
const ENOUGH_VALUES = 5;
/** Places that may be parameters at once in one step. */
const MOST_WILD = 4;
/** Sets of places that are tried, per number of tokens. */
const MOST_SHAPES = 64;

/**
 * Joins templates of one length that differ in few places only, where what stands in those places looks like values: several words, or words
 * that were values elsewhere. The rarest tokens of a template are the ones that may be values. `values` grows.
 */
export function joinFamilies(given: readonly Cluster[], values: Set<string>): readonly Cluster[] {
  let clusters = given;
  let rarest = clusters.length > 1 ? rarestOf(clusters) : new Map<Cluster, readonly number[]>();
  for (let wild = 1; wild <= MOST_WILD && clusters.length > 1; wild += 1) {
    const joined = joinGroups(
      clusters,
      (one) => wildColumns(one, rarest.get(one) ?? [], wild),
      (group, columns) => holdValues(group, columns, values),
    );
    if (joined.length === clusters.length) continue;
    clusters = joined;
    rarest = rarestOf(clusters);
  }
  return clusters.length > 1 ? joinIntoGeneral(clusters) : clusters;
}

/** Joins what is the same but for some columns, where that is accepted; null keeps a cluster apart. */
export function joinGroups(
  clusters: readonly Cluster[],
  columnsOf: (one: Cluster) => readonly number[] | null,
  accepts: (group: readonly Cluster[], columns: readonly number[]) => boolean,
): Cluster[] {
  const groups = new Map<number, { readonly columns: readonly number[]; readonly members: Cluster[] }>();
  const out: Cluster[] = [];
  for (const one of clusters) {
    const columns = columnsOf(one);
    const sum = columns === null ? 0 : sumWithout(one.print, columns);
    const group = columns === null ? undefined : groups.get(sum);
    if (columns === null) out.push(one);
    else if (group === undefined) groups.set(sum, { columns, members: [one] });
    else if (sameWithout(one.tokens, group.members[0]?.tokens ?? [], columns)) group.members.push(one);
    else out.push(one);
  }
  for (const { members, columns } of groups.values()) {
    if (members.length > 1 && accepts(members, columns)) out.push(joinClusters(members));
    else out.push(...members);
  }
  return out;
}

/** For each cluster its columns with the rarest tokens, rarest first: words and parameters, as many as are ever wild. */
function rarestOf(clusters: readonly Cluster[]): Map<Cluster, readonly number[]> {
  const length = clusters[0]?.tokens.length ?? 0;
  const counts = createIntCounts(clusters.length * length);
  for (const { print } of clusters)
    for (let column = 0; column < length; column += 1) counts.add(print[2 * column] ?? 0);
  const out = new Map<Cluster, readonly number[]>();
  const columns = new Int32Array(MOST_WILD);
  const countOf = new Int32Array(MOST_WILD);
  for (const one of clusters) {
    let found = 0;
    for (let column = 0; column < length; column += 1) {
      if (((one.kinds[column] ?? 0) & (ANY_TOKEN | WORD_TOKEN)) === 0) continue;
      const count = counts.of(one.print[2 * column] ?? 0);
      // Of two that are as rare the later one goes first.
      let at = found;
      while (at > 0 && (countOf[at - 1] ?? 0) >= count) at -= 1;
      if (at === MOST_WILD) continue;
      columns.copyWithin(at + 1, at, MOST_WILD - 1);
      countOf.copyWithin(at + 1, at, MOST_WILD - 1);
      columns[at] = column;
      countOf[at] = count;
      found = Math.min(MOST_WILD, found + 1);
    }
    out.set(one, [...columns.subarray(0, found)]);
  }
  return out;
}

/** The first so many of the rarest columns, in their order; null when nothing fixed would be left. */
function wildColumns({ kinds }: Cluster, rarest: readonly number[], wild: number): readonly number[] | null {
  let fixed = 0;
  for (const kind of kinds) if ((kind & (ANY_TOKEN | WORD_TOKEN)) === WORD_TOKEN) fixed += 1;
  if (fixed <= wild) return null;
  const columns = rarest.slice(0, wild);
  if (columns.every((column) => ((kinds[column] ?? 0) & ANY_TOKEN) !== 0)) return null;
  return columns.toSorted((a, b) => a - b);
}

/** Whether what differs between the members are values; those are remembered. Words that change side by side are a phrase, not values. */
function holdValues(members: readonly Cluster[], columns: readonly number[], values: Set<string>): boolean {
  const [first] = members;
  const changing = columns.filter((column) => members.some(({ tokens }) => tokens[column] !== first?.tokens[column]));
  if (changing.length === 0 || changing.some((column, index) => changing[index + 1] === column + 1)) return false;
  const words = changing.map((column) => new Set(members.map(({ tokens }) => tokens[column] ?? '')));
  if (!words.every((some, index) => areValues(changing[index] ?? 0, some, values))) return false;
  for (const some of words) for (const word of some) if (!word.includes(ANY)) values.add(word);
  return true;
}

function areValues(column: number, words: ReadonlySet<string>, values: ReadonlySet<string>): boolean {
  if (words.has(ANY)) return [...words].every((word) => (kindOf(word) & KEYWORD_TOKEN) === 0);
  // What a line begins with says what it is about.
  if (column === 0) return false;
  const plain = [...words].filter((word) => !isLean(word));
  if (plain.length === 0) return true;
  if (plain.every(isEnumerated)) return false;
  return plain.length >= ENOUGH_VALUES || plain.filter((word) => values.has(word)).length * 2 >= plain.length;
}

/** Joins into a template with parameters those that are the same but for a word in the place of a parameter. */
function joinIntoGeneral(given: readonly Cluster[]): readonly Cluster[] {
  const shapes = new Map<string, readonly number[]>();
  for (const one of given) {
    const columns = parameterColumns(one.kinds);
    if (columns.length > 0) shapes.set(columns.join(), columns);
  }
  let clusters = given;
  for (const columns of [...shapes.values()].toSorted((a, b) => b.length - a.length).slice(0, MOST_SHAPES)) {
    const isGeneral = ({ kinds }: Cluster) => columns.every((column) => ((kinds[column] ?? 0) & ANY_TOKEN) !== 0);
    clusters = joinGroups(
      clusters,
      ({ kinds }) => (mayBeGeneral(kinds, columns) ? columns : null),
      (group) => group.some(isGeneral),
    );
  }
  return clusters;
}

export function parameterColumns(kinds: readonly number[]): number[] {
  const columns: number[] = [];
  for (let column = 0; column < kinds.length; column += 1)
    if (((kinds[column] ?? 0) & ANY_TOKEN) !== 0) columns.push(column);
  return columns;
}

/** Whether parameters may stand in these columns, and a word is left beside them. */
export function mayBeGeneral(kinds: readonly number[], columns: readonly number[]): boolean {
  for (const column of columns) {
    const kind = kinds[column] ?? 0;
    if ((kind & ANY_TOKEN) !== 0) continue;
    if ((kind & WORD_TOKEN) === 0 || (kind & KEYWORD_TOKEN) !== 0) return false;
    if (column === 0 && (kind & LEAN_TOKEN) === 0) return false;
  }
  return kinds.some((kind, column) => (kind & WORD_TOKEN) !== 0 && !columns.includes(column));
}

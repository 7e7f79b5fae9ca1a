import { joinFamilies, joinGroups } from './families.ts';
import { hostSignature, keyedSignature, leanColumns, listSignature } from './signatures.ts';
import { type Cluster, joinBySignature, keyOf, type Template } from './template.ts';

const MOST_ROUNDS = 4;

/**
 * Finds out which templates are one and the same. Each step joins what differs in values only and takes the joined ones as the input of the
 * next: by the look of the values, by how many different ones stand in a place, and at last across lengths: lists, keys with values, hosts.
 * Time is linear in the number of templates, times a bounded number of steps.
 */
export function clusterTemplates(templates: readonly Template[]): readonly Cluster[] {
  // In an order of their own, so that the answer does not hang on which line came first.
  let clusters: readonly Cluster[] = templates
    .map(({ tokens, print, kinds }, index) => ({
      key: keyOf(tokens),
      cluster: { tokens, print, kinds, members: [index] },
    }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ cluster }) => cluster);
  const values = new Set<string>();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    clusters = joinGroups(clusters, leanColumns, () => true);
    const before = clusters.length;
    clusters = byLength(clusters).flatMap((group) => joinFamilies(group, values));
    if (clusters.length === before) break;
  }
  clusters = joinBySignature(clusters, listSignature);
  clusters = joinBySignature(clusters, keyedSignature);
  clusters = joinBySignature(clusters, hostSignature, (group, signature) =>
    group.some((one) => keyOf(one.tokens) === signature),
  );
  return joinBySignature(clusters, ({ tokens }) => keyOf(tokens));
}

function byLength(clusters: readonly Cluster[]): Cluster[][] {
  const groups = new Map<number, Cluster[]>();
  for (const one of clusters) {
    const group = groups.get(one.tokens.length);
    if (group === undefined) groups.set(one.tokens.length, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

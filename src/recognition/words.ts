/**
 * Splits names and sentences into stems. `KubePodCrashLooping`, `kube_pod_crash_looping` and "pod is crash looping" give the same ones.
 * Linear in the length of the text, which others wrote.
 */
export function stemsOf(text: string): string[] {
  const stems: string[] = [];
  for (const [word] of text.slice(0, MAX_TEXT).matchAll(WORD)) stems.push(stem(word.toLowerCase()));
  return stems;
}

const MAX_TEXT = 8_000;
/** A run of capitals (its last one belongs to a word that follows), a word, or a number. */
const WORD = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g;

/** The endings of English that matter here; not a linguist's stemmer, but the same for vocabulary and text. */
export function stem(word: string): string {
  if (word.length <= 3 || /\d/.test(word)) return word;
  let root = word;
  if (root.endsWith('ies') && root.length > 4) root = `${root.slice(0, -3)}y`;
  else if (/(?:ss|sh|ch|x|z)es$/.test(root)) root = root.slice(0, -2);
  else if (/[^sui]s$/.test(root)) root = root.slice(0, -1);
  if (root.endsWith('ing') && root.length > 5) root = undouble(root.slice(0, -3));
  else if (root.endsWith('ed') && root.length > 4) root = undouble(root.slice(0, -2));
  if (root.endsWith('e') && root.length > 3) root = root.slice(0, -1);
  if (root.endsWith('y') && root.length > 4) root = `${root.slice(0, -1)}i`;
  return root;
}

function undouble(root: string): string {
  return /([bdgmnprt])\1$/.test(root) ? root.slice(0, -1) : root;
}

const PLAIN_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** A command for a person to copy. Every word is quoted for a POSIX shell: names and values come from the cluster. */
export function commandText(...words: readonly string[]): string {
  return words.map((word) => (PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

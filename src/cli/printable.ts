/*
 * Titles, labels and log lines come out of the cluster, where anybody may have written them. A terminal obeys control characters (they can
 * move the cursor, hide lines, rename the window), and the marks that turn the direction of text make one digest look like another.
 */

/** Line feeds and tabs are kept. */
const CONTROL = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu;

/** The text with every control character written out: `\u001b`. */
export function printableText(text: string): string {
  return text.replaceAll(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same value with all of its strings printable; keys too, for labels are keys. */
export function printable<T>(value: T): T {
  return deep(value) as T;
}

function deep(value: unknown): unknown {
  if (typeof value === 'string') return printableText(value);
  if (Array.isArray(value)) return value.map(deep);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [printableText(key), deep(item)]));
}

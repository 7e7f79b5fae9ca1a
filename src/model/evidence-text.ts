import type { Evidence } from '../domain/evidence.ts';

const MAX_ONE_BYTES = 4_000;

/**
 * Evidence as a model is shown it: redacted once more for the way out, capped by piece and in all, newest first, between marks that carry a random
 * word, so that text inside cannot pretend that it ended. Model-made evidence is left out: a model is not its own witness.
 */
export function evidenceText(
  evidence: readonly Evidence[],
  options: { readonly maxBytes: number; readonly mark: string; readonly outbound: (text: string) => string },
): { readonly text: string; readonly ids: ReadonlySet<string> } {
  const ids = new Set<string>();
  const parts: string[] = [];
  let room = options.maxBytes;
  for (const item of evidence.filter(({ source }) => source !== 'model').toSorted((a, b) => b.at - a.at)) {
    const part = evidencePart(item, options);
    const bytes = Buffer.byteLength(part);
    if (bytes > room) continue;
    room -= bytes;
    ids.add(item.id);
    parts.push(part);
  }
  return { text: parts.join('\n'), ids };
}

function evidencePart(
  { id, kind, title, query, from, to, body }: Evidence,
  { mark, outbound }: { readonly mark: string; readonly outbound: (text: string) => string },
): string {
  const written = outbound(JSON.stringify({ title, query, from: iso(from), to: iso(to), body }));
  const shown = cutBytes(written, MAX_ONE_BYTES);
  return `<evidence-${mark} id="${id}" kind="${kind}">\n${shown.replaceAll(mark, '')}\n</evidence-${mark}>`;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** At most so many bytes of UTF-8, never half a character. */
export function cutBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  return `${bytes
    .subarray(0, most)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')}...`;
}

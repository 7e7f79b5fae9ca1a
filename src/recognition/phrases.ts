import type { AlertClass } from '../domain/alert-class.ts';
import { VOCABULARY, WEIGHTS } from './vocabulary.ts';
import { stem } from './words.ts';

/** A phrase of the vocabulary that occurs in a text. */
export interface PhraseMatch {
  readonly phrase: string;
  readonly meanings: readonly { readonly class: AlertClass; readonly weight: number }[];
}

const LONGEST_PHRASE = 6;
/** The phrases in a text given by its stems, each once. At every place the longest phrase is taken, and its words are used up. */
export type PhrasesIn = (stems: readonly string[]) => PhraseMatch[];

export function createPhrases(): PhrasesIn {
  const known = compile();
  return (stems) => phrasesIn(stems, known);
}

function phrasesIn(stems: readonly string[], known: ReadonlyMap<string, PhraseMatch>): PhraseMatch[] {
  const found = new Map<string, PhraseMatch>();
  for (let at = 0; at < stems.length; ) {
    const match = longestAt(stems, at, known);
    if (match !== null) found.set(match.key, match.phrase);
    at += match?.length ?? 1;
  }
  return [...found.values()];
}

function longestAt(
  stems: readonly string[],
  at: number,
  known: ReadonlyMap<string, PhraseMatch>,
): { readonly key: string; readonly phrase: PhraseMatch; readonly length: number } | null {
  for (let length = Math.min(LONGEST_PHRASE, stems.length - at); length > 0; length -= 1) {
    const key = stems.slice(at, at + length).join(' ');
    const phrase = known.get(key);
    if (phrase !== undefined) return { key, phrase, length };
  }
  return null;
}

function compile(): ReadonlyMap<string, PhraseMatch> {
  const compiled = new Map<string, { phrase: string; meanings: { class: AlertClass; weight: number }[] }>();
  for (const [alertClass, tiers] of Object.entries(VOCABULARY) as [AlertClass, Partial<Record<Tier, string>>][]) {
    for (const [tier, phrases] of Object.entries(tiers) as [Tier, string][]) {
      for (const phrase of phrases.split(',').map((one) => one.trim())) {
        if (phrase === '') continue;
        const key = phrase.split(/\s+/).map(stem).join(' ');
        const entry = compiled.get(key) ?? { phrase, meanings: [] };
        const known = entry.meanings.find((meaning) => meaning.class === alertClass);
        if (known === undefined) entry.meanings.push({ class: alertClass, weight: WEIGHTS[tier] });
        compiled.set(key, entry);
      }
    }
  }
  return compiled;
}

type Tier = keyof typeof WEIGHTS;

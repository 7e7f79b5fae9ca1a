import { SIGNATURES, type Signature } from './signatures.ts';

export interface SignatureMatch {
  readonly signature: Signature;
  /** Numbers that stand in the text, in base units. Told by whoever wrote the line: shown, never counted on. */
  readonly figures: Readonly<Record<string, number>>;
}

/** What stands further behind is not looked at. */
const MAX_CHARS = 4_000;
const LONGEST_NUMBER = 20;

/**
 * The signature that a text from outside shows; null when none. Each literal is looked for from where the one before it ended and never again:
 * the time is linear in the text, whatever it is.
 */
export function matchSignature(text: string): SignatureMatch | null {
  const plain = text.slice(0, MAX_CHARS).toLowerCase().replaceAll(/\s+/g, ' ');
  for (const signature of SIGNATURES) {
    for (const literals of signature.texts) {
      if (shows(plain, literals)) return { signature, figures: figuresIn(signature, plain) };
    }
  }
  return null;
}

function shows(text: string, literals: readonly string[]): boolean {
  let from = 0;
  for (const literal of literals) {
    const at = text.indexOf(literal, from);
    if (at === -1) return false;
    from = at + literal.length;
  }
  return literals.length > 0;
}

function figuresIn({ figures = [] }: Signature, text: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { name, after, times = 1 } of figures) {
    const at = text.indexOf(after);
    const value = at === -1 ? null : numberAt(text, at + after.length);
    if (value !== null && found[name] === undefined) found[name] = value * times;
  }
  return found;
}

/** Digits, and digits behind a point. A template has none where the lines differ. */
function numberAt(text: string, at: number): number | null {
  const value = /^\d{1,12}(?:\.\d{1,6})?/.exec(text.slice(at, at + LONGEST_NUMBER))?.[0];
  return value === undefined ? null : Number(value);
}

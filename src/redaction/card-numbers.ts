import { placeholder } from './patterns.ts';

const SHORTEST = 13;
const LONGEST = 19;

/** Check digit of ISO/IEC 7812-1, annex B (Luhn). */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    let digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    if (i % 2 === 1) {
      digit *= 2;
      if (digit > 9) digit -= 9;
    }
    sum += digit;
  }
  return sum % 10 === 0;
}

/** Payment cards begin with 2 to 6 (ISO/IEC 7812 industry digits in use): Unix times in ms, us and ns begin with 1 and are left alone. */
function looksLikeCard(digits: string): boolean {
  const first = digits.charCodeAt(0) - 48;
  return first >= 2 && first <= 6 && !/^(\d)\1*$/.test(digits) && passesLuhn(digits);
}

/** Groups of digits joined by single blanks or hyphens; not the fraction of a decimal number. */
const RUN = /(?<!\d|\d\.)\d+(?:[ -]\d+)*/g;

/** Replaces card numbers of 13 to 19 digits, written together or in groups. */
export function redactCardNumbers(text: string): string {
  return text.replace(RUN, (run) => (run.length < SHORTEST ? run : redactRun(run)));
}

function redactRun(run: string): string {
  const groups = run.split(/[ -]/);
  let out = '';
  let at = 0;
  for (let first = 0; first < groups.length; ) {
    const count = cardAt(groups, first);
    const taken = groups.slice(first, first + Math.max(1, count));
    const width = taken.reduce((sum, group) => sum + group.length + 1, -1);
    out += count > 0 ? placeholder('card') : run.slice(at, at + width);
    at += width;
    first += taken.length;
    if (first < groups.length) {
      out += run[at] ?? '';
      at += 1;
    }
  }
  return out;
}

/** How many groups from `first` on make up a card number; the longest that fits, 0 for none. */
function cardAt(groups: readonly string[], first: number): number {
  let digits = '';
  let best = 0;
  for (let i = first; i < groups.length; i += 1) {
    const group = groups[i] ?? '';
    if (digits.length + group.length > LONGEST) break;
    digits += group;
    if (digits.length >= SHORTEST && looksLikeCard(digits)) best = i - first + 1;
  }
  return best;
}

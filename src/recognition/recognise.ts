import type { AlertClass, Recognition } from '../domain/alert-class.ts';
import { type Clue, fading } from './clue.ts';
import { takeApart } from './expression.ts';
import type { Knowledge } from './knowledge.ts';
import { cluesOfExpression, cluesOfWords } from './measure-clues.ts';

/** An alert as far as it says what it means. */
export interface AlertText {
  readonly name: string;
  /** PromQL; empty where it is not known. */
  readonly expression: string;
  /** What people wrote about it: summary, description, message. */
  readonly sentences: readonly string[];
}

const SENTENCE_WORDS = 0.5;
const ALERT_NAME_WORDS = 0.6;
/** Below these, the answer is unknown. */
const LEAST_SCORE = 2;
const LEAST_MARGIN = 0.06;
const MOST_REASONS = 4;

/** What kind of trouble an alert reports: by its expression first, then by what people wrote, then by its name. Pure and linear in its input. */
export function recogniseAlert(alert: AlertText, knowledge: Knowledge): Recognition {
  return decide([
    ...cluesOfExpression(takeApart(alert.expression), knowledge),
    ...fading(strongestOfPhrases(alert, knowledge)),
  ]);
}

/** A phrase that is in the name and in the text counts once. */
function strongestOfPhrases({ name, sentences }: AlertText, knowledge: Knowledge): Clue[] {
  const found = new Map<string, Clue>();
  for (const clue of [
    ...cluesOfWords(sentences.join(' . '), SENTENCE_WORDS, 'the text says', knowledge),
    ...cluesOfWords(name, ALERT_NAME_WORDS, 'the name says', knowledge),
  ]) {
    const key = `${clue.class} ${clue.because.slice(clue.because.indexOf('"'))}`;
    if ((found.get(key)?.weight ?? 0) < clue.weight) found.set(key, clue);
  }
  return [...found.values()];
}

function decide(clues: readonly Clue[]): Recognition {
  const scores = new Map<AlertClass, number>();
  for (const { class: alertClass, weight } of clues) scores.set(alertClass, (scores.get(alertClass) ?? 0) + weight);
  const [first, second] = [...scores].sort((a, b) => b[1] - a[1]);
  if (first === undefined) return { class: 'unknown', margin: 0, because: [] };
  const margin = (first[1] - (second?.[1] ?? 0)) / first[1];
  const because = clues
    .filter((clue) => clue.class === first[0])
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MOST_REASONS)
    .map((clue) => clue.because);
  const known = first[1] >= LEAST_SCORE && margin >= LEAST_MARGIN;
  return { class: known ? first[0] : 'unknown', margin, because };
}

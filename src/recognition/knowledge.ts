import { createFamilies, type FamilyOf } from './families/index.ts';
import { createPhrases, type PhrasesIn } from './phrases.ts';

/** The tables, compiled. */
export interface Knowledge {
  readonly familyOf: FamilyOf;
  readonly phrasesIn: PhrasesIn;
}

export function createKnowledge(): Knowledge {
  return { familyOf: createFamilies(), phrasesIn: createPhrases() };
}

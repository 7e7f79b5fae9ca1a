import type { OptionalParts, Parts } from '../parts-list.ts';

/** What the outer process tells the one inside the namespace, as its only argument. */
export interface PlayPlan {
  readonly parts: Parts;
  readonly optionalParts: OptionalParts;
  readonly folder: string;
  readonly faultsFolder: string | undefined;
  readonly hale: boolean;
  readonly alertRules: boolean;
  readonly seed: number;
}

/** What the outer process sends later: one line that a person typed. */
export interface PlayLine {
  readonly line: string;
}

/** What the one inside sends back: where things are, once all is up; then an answer to each line. */
export type PlayAnswer = { readonly ready: readonly PlaceOfPart[] } | { readonly answer: string };

export interface PlaceOfPart {
  readonly name: string;
  readonly where: string;
}

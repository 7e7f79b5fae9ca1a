import type { Parts } from './parts-list.ts';

/** What the outer process tells the one inside the namespace, as its only argument. */
export interface RunPlan {
  readonly parts: Parts;
  readonly folder: string;
  readonly fault: string;
  readonly seed: number;
  readonly prove: boolean;
}

/** What the one inside sends back. */
export interface RunAnswer {
  readonly row: { readonly fault: string; readonly asExpected: boolean };
}

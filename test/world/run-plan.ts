import type { OptionalParts, Parts } from './parts-list.ts';

/** What the outer process tells the one inside the namespace, as its only argument. */
export interface RunPlan {
  readonly parts: Parts;
  readonly optionalParts: OptionalParts;
  readonly folder: string;
  readonly fault: string;
  /** Folder with further faults, absolute. */
  readonly faultsFolder: string | undefined;
  /** Folder for what Hale tells of each incident, absolute. */
  readonly dossiersFolder: string | undefined;
  readonly seed: number;
  readonly prove: boolean;
  /** Whether Prometheus gets the shipped alert rules; without, only what Hale looks for by itself is found. */
  readonly alertRules: boolean;
}

/** What the one inside sends back. */
export interface RunAnswer {
  readonly row: { readonly fault: string; readonly asExpected: boolean };
}

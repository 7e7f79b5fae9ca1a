import type { Labels } from '../tsdb/labels.ts';
import type { Sample } from '../tsdb/store.ts';

/** One element of an instant vector. `timeMs` is the sample's own time where a selector answered it. */
export interface Element {
  labels: Labels;
  value: number;
  timeMs?: number;
}

export interface RangeElement {
  labels: Labels;
  samples: readonly Sample[];
}

/** What a range selector answers, with the window it looked at: (startMs, endMs]. */
export interface Matrix {
  type: 'matrix';
  elements: readonly RangeElement[];
  startMs: number;
  endMs: number;
}

export type Value =
  | { type: 'scalar'; value: number }
  | { type: 'string'; value: string }
  | { type: 'vector'; elements: readonly Element[] }
  | Matrix;

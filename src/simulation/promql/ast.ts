import type { Matcher } from '../tsdb/labels.ts';

export type ValueType = 'scalar' | 'string' | 'vector' | 'matrix';

export interface VectorSelector {
  kind: 'vector-selector';
  matchers: readonly Matcher[];
  time: TimeShift;
}

/** `offset` and `@`. Without `@`, the query's own time counts. */
export interface TimeShift {
  offsetMs: number;
  at?: number | 'start' | 'end';
}

export interface MatrixSelector {
  kind: 'matrix-selector';
  vector: VectorSelector;
  rangeMs: number;
}

export interface Subquery {
  kind: 'subquery';
  inner: Expr;
  rangeMs: number;
  /** Absent: the server's default evaluation interval. */
  stepMs: number | undefined;
  time: TimeShift;
}

export interface Call {
  kind: 'call';
  name: string;
  args: readonly Expr[];
}

export interface Grouping {
  without: boolean;
  labels: readonly string[];
}

export interface Aggregation {
  kind: 'aggregation';
  op: string;
  param: Expr | undefined;
  inner: Expr;
  grouping: Grouping;
}

export interface Matching {
  on: boolean;
  labels: readonly string[];
  /** `many-to-one` is group_left. Set operators are always many-to-many. */
  card: 'one-to-one' | 'many-to-one' | 'one-to-many';
  include: readonly string[];
}

export interface Binary {
  kind: 'binary';
  op: string;
  left: Expr;
  right: Expr;
  bool: boolean;
  matching: Matching;
}

export type Expr =
  | { kind: 'number'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'negation'; inner: Expr }
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | Binary;

export const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '>', '<', '>=', '<=']);
export const SET_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

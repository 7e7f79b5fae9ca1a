/** One measured figure; each is one line of JSON on standard output. */
export interface Figure {
  readonly bench: string;
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** The bench fails when the value is worse than this. */
  readonly must?: number;
  /** What we would like to reach. */
  readonly aim?: number;
  /** The same figure of something comparable, measured in the same run. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** `value` over the peer's. */
  readonly ratio?: number;
  readonly seed?: number;
}

export interface BenchOptions {
  readonly emit: (figure: Figure) => void;
  /** For people, on standard error. */
  readonly progress: (text: string) => void;
  readonly data?: string;
  readonly out?: string;
  readonly seed: number;
}

export interface Bench {
  readonly name: string;
  readonly summary: string;
  run(options: BenchOptions): Promise<void>;
}

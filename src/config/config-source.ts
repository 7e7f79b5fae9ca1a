/** The environment, as Node gives it. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigSource {
  /** How the file is named in messages. */
  readonly file: string;
  /** Relative paths within are relative to this folder. */
  readonly folder: string;
  readonly env: Environment;
  /** Throws when the file cannot be read. */
  readonly readFile: (path: string) => string;
  /** Why a redaction pattern is refused; null when it is fine. Given by the caller, as the rules of patterns live with redaction. */
  readonly patternProblem: (pattern: string) => string | null;
}

/** What can go wrong with the world itself, as opposed to the system under test. */
export type WorldErrorCode =
  | 'missing-part'
  | 'no-namespace'
  | 'part-exited'
  | 'not-ready'
  | 'rollout-failed'
  | 'not-at-ease'
  | 'bad-arguments'
  | 'bad-fault'
  | 'interrupted';

export class WorldError extends Error {
  readonly code: WorldErrorCode;

  constructor(code: WorldErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'WorldError';
    this.code = code;
  }
}

/** One line for a person, whatever was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Documents between two breaths. */
export const DOCUMENTS_PER_SLICE = 200;

/** Lets others have the event loop: who takes in many documents keeps nobody waiting. */
export function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

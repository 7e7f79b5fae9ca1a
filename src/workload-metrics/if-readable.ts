import { isHaleError } from '../domain/errors.ts';

/** The answer; null when the metrics cannot be read: for what Kubernetes alone shows as well, only with fewer figures. */
export async function ifReadable<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (isHaleError(error) && UNREADABLE.has(error.code)) return null;
    throw error;
  }
}

const UNREADABLE: ReadonlySet<string> = new Set([
  'metrics-unavailable',
  'metrics-rejected',
  'metrics-limit',
  'query-budget-exhausted',
]);

import { isHaleError } from '../domain/errors.ts';

/** The answer of Kubernetes; null when it cannot be asked, or not by this identity: a finding is poorer for it, not false. */
export async function ifAnswered<T>(asking: Promise<T>): Promise<T | null> {
  try {
    return await asking;
  } catch (error) {
    if (isHaleError(error) && error.code.startsWith('cluster-')) return null;
    throw error;
  }
}

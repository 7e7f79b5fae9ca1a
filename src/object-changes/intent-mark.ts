import type { FieldReplacement } from '../ports/cluster.ts';
import { valueAt } from './value-at.ts';

/** The intent that wrote an object last stands on it, so that settling after a crash need not guess. */
const INTENT_ANNOTATION = 'hale.dev/intent';
const ANNOTATIONS = '/metadata/annotations';
const MARK = `${ANNOTATIONS}/${INTENT_ANNOTATION.replace('/', '~1')}`;

/** Id of the intent that wrote this object last; null where none did. */
export function intentOn(object: unknown): unknown {
  return valueAt(object, MARK);
}

/** The field that leaves the id of an intent on an object, as one more part of a patch. */
export function markOf(object: unknown, intentId: string): FieldReplacement {
  if (valueAt(object, ANNOTATIONS) === null)
    return { path: ANNOTATIONS, from: null, to: { [INTENT_ANNOTATION]: intentId } };
  return { path: MARK, from: intentOn(object), to: intentId };
}

import type { Subject } from '../../domain/subject.ts';
import type { KubeApi } from './api.ts';
import { unreadable } from './errors.ts';
import { type Json, MalformedObject, textAt } from './json.ts';
import { apiVersionOf, type KubeResource, pathOf, permissionFor, SUBJECT_RESOURCES } from './resources.ts';

/** The object as it is now; null when the API server says that there is none. */
export async function getObject(
  api: KubeApi,
  resource: KubeResource,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal | undefined,
): Promise<Json | null> {
  const operation = { permission: permissionFor(resource, 'get'), namespace, name, writes: false };
  const answer = await api.call({ operation, path: pathOf(resource, { namespace, name }), signal, alsoAccept: [404] });
  if (answer.status === 404) return null;
  if (textAt(answer.body, 'metadata', 'name') !== name) throw unreadable(operation, 'not the object asked for');
  return answer.body;
}

export function subjectResource(subject: Pick<Subject, 'apiVersion' | 'kind'>): KubeResource | null {
  return SUBJECT_RESOURCES.find((it) => it.kind === subject.kind && apiVersionOf(it) === subject.apiVersion) ?? null;
}

export function reading<T>(operation: Parameters<typeof unreadable>[0], read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof MalformedObject ? unreadable(operation, error.message, error) : error;
  }
}

import type { Resource } from './resources.ts';
import { qualifiedName } from './resources.ts';
import { StatusError } from './status-error.ts';

export interface Attempt {
  verb: string;
  /** Plural, with the subresource behind a slash. */
  resource: string;
}

/**
 * Each entry denies a verb everywhere (`patch`) or on one resource (`patch deployments/scale`, `* secrets`).
 */
export function isDenied(deny: readonly string[], { verb, resource }: Attempt): boolean {
  return deny.some((entry) => {
    const [deniedVerb, deniedResource] = entry.trim().split(/\s+/);
    return (deniedVerb === '*' || deniedVerb === verb) && (deniedResource === undefined || deniedResource === resource);
  });
}

export function forbidden(
  user: string,
  attempt: Attempt,
  target: { resource: Resource; name?: string; namespace?: string },
): StatusError {
  const { resource, name = '', namespace } = target;
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const named = name === '' ? qualifiedName(resource) : `${qualifiedName(resource)} "${name}"`;
  return new StatusError(
    403,
    'Forbidden',
    `${named} is forbidden: User "${user}" cannot ${attempt.verb} resource "${attempt.resource}" in API group "${resource.group}" ${scope}`,
    { name, group: resource.group, kind: resource.plural },
  );
}

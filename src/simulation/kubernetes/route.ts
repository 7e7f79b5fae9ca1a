import type { Resource } from './resources.ts';
import { badRequest } from './status-error.ts';

export interface Route {
  resource: Resource;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
}

/** Finds resource, namespace, name and subresource of a path; undefined when nothing is served there. */
export function parseRoute(path: string, resources: readonly Resource[]): Route | undefined {
  let steps: string[];
  try {
    steps = path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw badRequest(`bad escape in ${path}`);
  }
  const prefix = steps.shift();
  const group = prefix === 'apis' ? steps.shift() : prefix === 'api' ? '' : undefined;
  const version = steps.shift();
  if (group === undefined || version === undefined) return undefined;
  let namespace: string | undefined;
  // `namespaces/shop` alone is the object, `namespaces/shop/pods` a scope.
  if (steps[0] === 'namespaces' && steps.length > 2 && steps[2] !== 'status') {
    namespace = steps[1];
    steps.splice(0, 2);
  }
  const [plural, name, subresource, ...rest] = steps;
  const resource = resources.find((one) => one.group === group && one.version === version && one.plural === plural);
  if (resource === undefined || rest.length > 0) return undefined;
  if (subresource !== undefined && !resource.subresources.includes(subresource)) return undefined;
  if (name !== undefined && resource.namespaced && namespace === undefined) return undefined;
  return { resource, namespace, name, subresource };
}

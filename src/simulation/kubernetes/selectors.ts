import type { KubeObject } from './objects.ts';
import { badRequest } from './status-error.ts';

export type ObjectFilter = (object: KubeObject) => boolean;

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Throws a 400 on anything else. */
export function parseLabelSelector(text: string): ObjectFilter {
  const terms = text === '' ? [] : text.split(/,(?![^(]*\))/).map((term) => parseLabelTerm(term.trim()));
  return (object) => terms.every((term) => term(object.metadata.labels ?? {}));
}

function parseLabelTerm(term: string): (labels: Readonly<Record<string, string>>) => boolean {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set !== null) {
    const [, name = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((value) => value.trim()));
    if (operator === 'in') return (labels) => labels[name] !== undefined && values.has(labels[name]);
    return (labels) => labels[name] === undefined || !values.has(labels[name]);
  }
  const comparison = /^([^\s=!]+)\s*(==?|!=)\s*([^\s=!]*)$/.exec(term);
  if (comparison !== null) {
    const [, name = '', operator, value] = comparison;
    return (labels) => (labels[name] === value) === (operator !== '!=');
  }
  const existence = /^(!?)([^\s=!(),]+)$/.exec(term);
  if (existence === null) throw badRequest(`unable to parse requirement: ${JSON.stringify(term)}`);
  const [, not, name = ''] = existence;
  return (labels) => (labels[name] !== undefined) === (not === '');
}

const FIELDS: ReadonlySet<string> = new Set([
  'metadata.name',
  'metadata.namespace',
  'spec.nodeName',
  'spec.restartPolicy',
  'status.phase',
  'status.podIP',
  'involvedObject.kind',
  'involvedObject.name',
  'involvedObject.namespace',
  'involvedObject.uid',
  'regarding.kind',
  'regarding.name',
  'regarding.namespace',
  'regarding.uid',
  'reason',
  'type',
]);

export function parseFieldSelector(text: string): ObjectFilter {
  const terms = text
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^([^=!]+)(==?|!=)(.*)$/.exec(term);
      const path = match?.[1] ?? '';
      if (!FIELDS.has(path)) throw badRequest(`field label not supported: ${path === '' ? term : path}`);
      // Stored events have the core form, whichever API asks.
      const steps = path.replace(/^regarding\./, 'involvedObject.').split('.');
      return { steps, equal: match?.[2] !== '!=', value: match?.[3] ?? '' };
    });
  return (object) =>
    terms.every(({ steps, equal, value }) => {
      let found: unknown = object;
      for (const step of steps) found = (found as Record<string, unknown> | undefined)?.[step];
      const actual = typeof found === 'string' ? found : '';
      return (actual === value) === equal;
    });
}

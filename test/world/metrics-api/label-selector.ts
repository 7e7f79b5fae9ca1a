import type { Labels } from '../kubelet/figures/exposition.ts';

const IN = /^(\S+)\s+(in|notin)\s+\(([^()]*)\)$/;
const EQUALS = /^([^=!\s]+)\s*(==?|!=)\s*([^=!\s]*)$/;
const EXISTS = /^(!?)\s*([^=!\s]+)$/;

/** The label selectors of the API (`a=b,c!=d,e in (f,g),!h`); throws on what is none, because an empty one would match all. */
export function matchesSelector(labels: Labels, selector: string): boolean {
  return terms(selector).every((term) => {
    const set = IN.exec(term);
    if (set) {
      const values = (set[3] ?? '').split(',').map((it) => it.trim());
      const value = labels[set[1] ?? ''];
      return (value !== undefined && values.includes(value)) === (set[2] === 'in');
    }
    const equals = EQUALS.exec(term);
    if (equals) return (labels[equals[1] ?? ''] === equals[3]) === (equals[2] !== '!=');
    const exists = EXISTS.exec(term);
    if (exists) return (labels[exists[2] ?? ''] !== undefined) === (exists[1] === '');
    throw new Error(`"${term}" is no label selector`);
  });
}

/** Split at the commas that are not inside parentheses. */
function terms(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((it) => it.trim())
    .filter((it) => it !== '');
}

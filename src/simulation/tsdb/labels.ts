/** A label set. Has no prototype, so that a label may have any name. An empty value means "no such label". */
export type Labels = Readonly<Record<string, string>>;

export const METRIC_NAME = '__name__';

export function makeLabels(entries: Iterable<readonly [string, string]>): Labels {
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  for (const [name, value] of sorted) if (value !== '') labels[name] = value;
  return labels;
}

/** Equal label sets have equal keys; no other pair has, as both separators are code points that are no characters. */
export function labelsKey(labels: Labels): string {
  let key = '';
  for (const name in labels) key += `${name}\uFFFE${labels[name]}\uFFFF`;
  return key;
}

export function withoutLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return makeLabels(Object.entries(labels).filter(([name]) => !names.has(name)));
}

export function onlyLabels(labels: Labels, names: ReadonlySet<string>): Labels {
  return makeLabels(Object.entries(labels).filter(([name]) => names.has(name)));
}

const NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME]);

export function dropMetricName(labels: Labels): Labels {
  return METRIC_NAME in labels ? withoutLabels(labels, NAME_ONLY) : labels;
}

export type MatchType = '=' | '!=' | '=~' | '!~';

export interface Matcher {
  name: string;
  type: MatchType;
  value: string;
  matches(value: string): boolean;
}

export function createMatcher(name: string, type: MatchType, value: string): Matcher {
  if (type === '=' || type === '!=') {
    return { name, type, value, matches: (other) => (other === value) === (type === '=') };
  }
  const pattern = compileAnchored(value);
  return { name, type, value, matches: (other) => pattern.test(other) === (type === '=~') };
}

/** Prometheus anchors the pattern and lets a dot match a new line. Throws a SyntaxError on a bad pattern. */
export function compileAnchored(source: string): RegExp {
  const caseless = source.startsWith('(?i)');
  const anchored = `^(?:${caseless ? source.slice(4) : source})$`;
  const flags = caseless ? 'is' : 's';
  try {
    return new RegExp(anchored, `${flags}u`);
  } catch {
    // RE2 allows escapes such as \- that JavaScript takes only without its Unicode mode.
    return new RegExp(anchored, flags);
  }
}

export function matchesAll(labels: Labels, matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) => matcher.matches(labels[matcher.name] ?? ''));
}

const MAX_SEGMENTS = 12;
const MAX_LENGTH = 160;
/** What names one thing rather than a kind of thing: has a digit, unless it is a version like `v1`; is long; or is a placeholder already. */
const VARIABLE = /^(?:(?!v\d{1,2}$).*\d.*|.{40,}|[:{<*].*)$/;

/** The path of a request with its variable parts as `*`, without query: one route, however many orders there are. */
export function routeOf(path: string): string | null {
  const bare =
    path
      .slice(0, 2_048)
      .replace(/^https?:\/\/[^/?#]*/i, '')
      .split(/[?#]/, 1)[0] ?? '';
  if (!bare.startsWith('/')) return null;
  const segments = bare.split('/').slice(1, MAX_SEGMENTS + 1);
  const route = `/${segments.map((segment) => (VARIABLE.test(segment) ? '*' : segment)).join('/')}`;
  return route.slice(0, MAX_LENGTH);
}

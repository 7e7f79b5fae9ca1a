import type { LogEvent, TracedException } from '../../src/log-patterns/events/log-event.ts';
import type { Pattern } from './schema.ts';

type Tally = Pick<Pattern, 'levels' | 'statuses' | 'routes' | 'exceptions'>;

interface Counts {
  readonly levels: Map<string, number>;
  readonly statuses: Map<string, number>;
  readonly routes: Map<string, number>;
  readonly exceptions: Map<string, { count: number; readonly exception: TracedException }>;
}

/** What the events of each pattern tell beside their text. Bounded: by kinds for a pattern, and by patterns. */
export interface Tallies {
  add(id: string, event: LogEvent): void;
  of(id: string): Tally;
}

const MOST_ROUTES = 64;
const MOST_EXCEPTIONS = 16;
const ROUTES_TOLD = 5;
const EXCEPTIONS_TOLD = 3;
const LONGEST_MESSAGE = 300;
/** Beyond this, the tallies of joined patterns are put together, and those that are seen least are dropped. */
const MOST_PATTERNS = 8_192;

export function createTallies({
  redact,
  currentId,
}: {
  readonly redact: (text: string) => string;
  readonly currentId: (id: string) => string;
}): Tallies {
  let byId = new Map<string, Counts>();

  function add(id: string, event: LogEvent): void {
    const { level, status, route, exception } = event;
    if (level === null && status === null && route === null && exception === null) return;
    if (byId.size >= MOST_PATTERNS && !byId.has(id)) fold();
    const counts = byId.get(id) ?? { levels: new Map(), statuses: new Map(), routes: new Map(), exceptions: new Map() };
    byId.set(id, counts);
    if (level !== null) bump(counts.levels, level, MOST_EXCEPTIONS);
    if (status !== null) bump(counts.statuses, String(status), MOST_ROUTES);
    if (route !== null) bump(counts.routes, redact(routeOf(route)), MOST_ROUTES);
    if (exception === null) return;
    const told = redacted(exception, redact);
    const key = `${told.rootType} ${told.ownFrame}`;
    const known = counts.exceptions.get(key);
    if (known !== undefined) known.count += 1;
    else if (counts.exceptions.size < MOST_EXCEPTIONS) counts.exceptions.set(key, { count: 1, exception: told });
  }

  function fold(): void {
    const folded = new Map<string, Counts>();
    for (const [id, counts] of byId) {
      const now = currentId(id);
      const before = folded.get(now);
      folded.set(now, before === undefined ? counts : joined(before, counts));
    }
    // The latest half: the rest belongs to patterns that were given up, or comes again.
    byId = new Map([...folded].slice(folded.size > MOST_PATTERNS / 2 ? -MOST_PATTERNS / 2 : 0));
  }

  function of(id: string): Tally {
    fold();
    const counts = byId.get(id);
    if (counts === undefined) return { levels: {}, statuses: {}, routes: [], exceptions: [] };
    const exceptions = [...counts.exceptions.values()].toSorted((a, b) => b.count - a.count);
    return {
      levels: Object.fromEntries(counts.levels),
      statuses: Object.fromEntries(counts.statuses),
      routes: mostFirst(counts.routes).slice(0, ROUTES_TOLD),
      exceptions: exceptions.slice(0, EXCEPTIONS_TOLD).map(({ exception }) => exception),
    };
  }

  return { add, of };
}

function bump(counts: Map<string, number>, key: string, most: number, by = 1): void {
  const before = counts.get(key);
  if (before !== undefined || counts.size < most) counts.set(key, (before ?? 0) + by);
}

function joined(a: Counts, b: Counts): Counts {
  for (const kind of ['levels', 'statuses', 'routes'] as const)
    for (const [key, count] of b[kind]) bump(a[kind], key, MOST_ROUTES, count);
  for (const [key, one] of b.exceptions) {
    const known = a.exceptions.get(key);
    if (known !== undefined) known.count += one.count;
    else if (a.exceptions.size < MOST_EXCEPTIONS) a.exceptions.set(key, one);
  }
  return a;
}

function mostFirst(counts: ReadonlyMap<string, number>): string[] {
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([key]) => key);
}

/** Parts of a path that hold a digit are values: `/orders/17` is `/orders/<*>`. */
function routeOf(path: string): string {
  return path
    .slice(0, LONGEST_MESSAGE)
    .split('/')
    .map((part) => (/\d/.test(part) && !/^v\d{1,2}$/.test(part) ? '<*>' : part))
    .join('/');
}

function redacted(exception: TracedException, redact: (text: string) => string): TracedException {
  const clean = (text: string) => redact(text.slice(0, 2 * LONGEST_MESSAGE)).slice(0, LONGEST_MESSAGE);
  return {
    type: clean(exception.type),
    message: clean(exception.message),
    rootType: clean(exception.rootType),
    rootMessage: clean(exception.rootMessage),
    ownFrame: exception.ownFrame === null ? null : clean(exception.ownFrame),
  };
}

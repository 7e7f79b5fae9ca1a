import { isRecord, textOf } from '../kubernetes/objects.ts';
import type { Labels, Matcher } from '../tsdb/labels.ts';
import { createMatcher, matchesAll } from '../tsdb/labels.ts';

export interface Silence {
  id: string;
  matchers: readonly Matcher[];
  startsAtMs: number;
  endsAtMs: number;
  updatedAtMs: number;
  createdBy: string;
  comment: string;
}

export interface SilenceBook {
  /** Answers the id, which may differ from the one given. Throws an Error, or SilenceNotFound for an unknown id. */
  post(body: unknown): string;
  get(id: string): unknown;
  list(): unknown[];
  expire(id: string): boolean;
  silencing(labels: Labels): string[];
}

export class SilenceNotFound extends Error {}

function readMatcher(given: unknown): Matcher {
  if (!isRecord(given) || textOf(given['name']) === '') throw new Error('a matcher needs a name and a value');
  const [isRegex, isEqual] = [given['isRegex'] === true, given['isEqual'] !== false];
  return createMatcher(
    textOf(given['name']),
    isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=',
    textOf(given['value']),
  );
}

function isSame(a: readonly Matcher[], b: readonly Matcher[]): boolean {
  const print = (matchers: readonly Matcher[]): string =>
    JSON.stringify(matchers.map(({ name, type, value }) => [name, type, value]));
  return print(a) === print(b);
}

export function createSilenceBook({ now, makeId }: { now: () => number; makeId: () => string }): SilenceBook {
  const silences = new Map<string, Silence>();
  const stateOf = ({ startsAtMs, endsAtMs }: Silence): string =>
    endsAtMs <= now() ? 'expired' : startsAtMs > now() ? 'pending' : 'active';
  const encode = (silence: Silence): unknown => ({
    id: silence.id,
    status: { state: stateOf(silence) },
    matchers: silence.matchers.map(({ name, type, value }) => ({
      name,
      value,
      isRegex: type.endsWith('~'),
      isEqual: type.startsWith('='),
    })),
    startsAt: new Date(silence.startsAtMs).toISOString(),
    endsAt: new Date(silence.endsAtMs).toISOString(),
    updatedAt: new Date(silence.updatedAtMs).toISOString(),
    createdBy: silence.createdBy,
    comment: silence.comment,
  });

  return {
    post(body) {
      if (!isRecord(body) || !Array.isArray(body['matchers']) || body['matchers'].length === 0)
        throw new Error('at least one matcher required');
      const nowMs = now();
      const matchers = (body['matchers'] as unknown[]).map(readMatcher);
      if (matchers.every((matcher) => matcher.matches('')))
        throw new Error('at least one matcher must not match the empty string');
      const startsAtMs = Math.max(nowMs, Date.parse(textOf(body['startsAt'])));
      const endsAtMs = Date.parse(textOf(body['endsAt']));
      if (!(endsAtMs > startsAtMs)) throw new Error('end time must be after start time, and not in the past');
      const given = textOf(body['id']);
      const known = given === '' ? undefined : silences.get(given);
      if (given !== '' && known === undefined) throw new SilenceNotFound(`silence ${given} not found`);
      const keeps = known !== undefined && stateOf(known) !== 'expired' && isSame(known.matchers, matchers);
      if (known !== undefined && !keeps) known.endsAtMs = Math.min(known.endsAtMs, nowMs);
      const id = keeps ? given : makeId();
      silences.set(id, {
        id,
        matchers,
        startsAtMs,
        endsAtMs,
        updatedAtMs: nowMs,
        createdBy: textOf(body['createdBy']),
        comment: textOf(body['comment']),
      });
      return id;
    },
    get: (id) => {
      const silence = silences.get(id);
      return silence === undefined ? undefined : encode(silence);
    },
    list: () => [...silences.values()].map(encode),
    expire(id) {
      const silence = silences.get(id);
      if (silence === undefined) return false;
      silence.endsAtMs = Math.min(silence.endsAtMs, now());
      return true;
    },
    silencing: (labels) =>
      [...silences.values()]
        .filter((one) => stateOf(one) === 'active' && matchesAll(labels, one.matchers))
        .map(({ id }) => id),
  };
}

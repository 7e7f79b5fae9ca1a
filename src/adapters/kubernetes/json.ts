/** Reading of objects that another program wrote: a field of another type is an absent field. */

export type Json = Readonly<Record<string, unknown>>;

/** The answer is not what the API server sends; the caller translates it. */
export class MalformedObject extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'MalformedObject';
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of field names; undefined when any step is absent. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (!isObject(found) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return found;
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function textAt(value: unknown, ...path: readonly string[]): string | null {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : null;
}

export function numberAt(value: unknown, ...path: readonly string[]): number | null {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : null;
}

/** Labels, annotations, selectors: an object of texts. */
export function textsAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  const found = at(value, ...path);
  if (!isObject(found)) return {};
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** A text without which the object cannot be told from others. */
export function requiredText(value: unknown, ...path: readonly string[]): string {
  const found = textAt(value, ...path);
  if (found === null || found === '') throw new MalformedObject(`an object without ${path.join('.')}`);
  return found;
}

/** The value at a JSON pointer; null where there is none. */
export function valueAt(object: unknown, path: string): unknown {
  return path
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (found, name) =>
        typeof found === 'object' && found !== null && Object.hasOwn(found, name)
          ? (Reflect.get(found, name) as unknown)
          : null,
      object,
    );
}

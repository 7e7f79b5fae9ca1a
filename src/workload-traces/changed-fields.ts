const MOST = 8;

/** Fields of the containers that differ. Of environment variables the names only: a value may be a secret. */
export function changedFields(before: unknown, after: unknown): readonly string[] {
  const [old, now] = [containersOf(before), containersOf(after)];
  const changed = [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const [a, b] = [old.get(name), now.get(name)];
    if (a === undefined) return [`container ${name} added`];
    if (b === undefined) return [`container ${name} removed`];
    const where = old.size === 1 && now.size === 1 ? '' : ` in ${name}`;
    return [...imageChange(a, b), ...envChange(a, b), ...resourceChange(a, b), ...otherChange(a, b)].map(
      (one) => `${one}${where}`,
    );
  });
  return changed.slice(0, MOST);
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function listOf(value: unknown, name: string): readonly Json[] {
  const list = fieldOf(value, name);
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function containersOf(template: unknown): ReadonlyMap<string, Json> {
  const spec = fieldOf(template, 'spec');
  const all = [...listOf(spec, 'initContainers'), ...listOf(spec, 'containers')];
  return new Map(all.map((one) => [String(one.name), one]));
}

function imageChange(a: Json, b: Json): string[] {
  return a.image === b.image ? [] : [`image ${String(a.image)} -> ${String(b.image)}`];
}

function envChange(a: Json, b: Json): string[] {
  const valuesOf = (one: Json) => new Map(listOf(one, 'env').map((item) => [String(item.name), JSON.stringify(item)]));
  const [old, now] = [valuesOf(a), valuesOf(b)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    if (!old.has(name)) return [`env ${name} added`];
    if (!now.has(name)) return [`env ${name} removed`];
    return old.get(name) === now.get(name) ? [] : [`env ${name} changed`];
  });
}

function resourceChange(a: Json, b: Json): string[] {
  return ['requests', 'limits'].flatMap((kind) => {
    const [old, now] = [a, b].map((one) => fieldOf(one.resources, kind));
    return ['cpu', 'memory'].flatMap((name) => {
      const [was, is] = [fieldOf(old, name), fieldOf(now, name)].map((value) =>
        typeof value === 'string' || typeof value === 'number' ? String(value) : 'none',
      );
      return was === is ? [] : [`${name} ${kind === 'limits' ? 'limit' : 'request'} ${was} -> ${is}`];
    });
  });
}

function otherChange(a: Json, b: Json): string[] {
  return [
    'command',
    'args',
    'ports',
    'readinessProbe',
    'livenessProbe',
    'startupProbe',
    'volumeMounts',
    'envFrom',
  ].filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]));
}

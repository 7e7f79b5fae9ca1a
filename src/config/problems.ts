import type { z } from 'zod';
import { HaleError } from '../domain/errors.ts';
import { nearest } from './did-you-mean.ts';
import type { Place, YamlSource } from './yaml-source.ts';

/** One thing that is wrong, for a person to mend. */
export interface Problem {
  readonly place: Place;
  /** `prometheus.url`; empty for the whole file. */
  readonly key: string;
  readonly message: string;
}

export function keyName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, step) => {
    if (typeof step === 'number') return `${name}[${step}]`;
    return name === '' ? String(step) : `${name}.${String(step)}`;
  }, '');
}

/** The error that ends the start: one line for each problem, in the order of the file. */
export function configError(file: string, problems: readonly Problem[]): HaleError {
  const sorted = [...problems].sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
  const lines = sorted.map(
    ({ place, key, message }) => `${file}:${place.line}:${place.column}: ${key === '' ? '' : `${key}: `}${message}`,
  );
  return new HaleError('config-invalid', lines.join('\n'), { details: { file, problems: sorted } });
}

/** Turns what the schema found into problems with a place; `schema` tells which keys would be allowed. */
export function schemaProblems(issues: readonly z.core.$ZodIssue[], schema: z.ZodType, source: YamlSource): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const path = [...issue.path, key];
        return {
          place: source.placeOf(path, 'key'),
          key: keyName(path),
          message: unknownKey(key, keysAt(schema, issue.path)),
        };
      });
    }
    const atKey = issue.code === 'invalid_key' || valueAt(source.value, issue.path) === undefined;
    return [
      {
        place: source.placeOf(issue.path, atKey ? 'key' : 'value'),
        key: keyName(issue.path),
        message: `${found(source.value, issue.path)}; allowed: ${allowed(issue)}`,
      },
    ];
  });
}

/** Names under which people write a secret itself. */
const INLINE_SECRET = /^(?:bearer|token|password|passwd|secret|apikey|api_key|credentials?|authorization|url)$/i;

function unknownKey(key: string, keys: readonly string[]): string {
  const known = `allowed here: ${keys.join(', ')}`;
  const sources = keys.filter((name) => /(?:Env|File)$/.test(name));
  if (INLINE_SECRET.test(key) && sources.some((name) => /^(?:bearer|token|password|url)(?:Env|File)$/.test(name))) {
    const own = sources.filter((name) => name.startsWith(key.toLowerCase()));
    const named = own.length > 0 ? own : sources;
    return `a secret is never written in this file; put it in an environment variable or a file and write its name under ${named.join(' or ')}`;
  }
  const meant = nearest(key, keys);
  return meant === null ? `unknown key; ${known}` : `unknown key; did you mean ${meant}? ${known}`;
}

const SECRET_SOURCE = /(?:Env|File)$/;
const LONGEST_SHOWN = 60;

/** What stands there. Values beside secrets are not repeated: people write the secret itself by mistake. */
function found(root: unknown, path: readonly PropertyKey[]): string {
  const value = valueAt(root, path);
  if (value === undefined) return 'missing';
  if (value === null) return 'found nothing';
  if (SECRET_SOURCE.test(String(path.at(-1))) || path.includes('headers'))
    return 'found a value that is not shown here';
  if (Array.isArray(value)) return value.length === 0 ? 'found an empty list' : 'found a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'found an empty section' : 'found a section';
  if (typeof value !== 'string') return `found ${JSON.stringify(value)}`;
  if (value.includes('@')) return 'found a text that is not shown here';
  return `found ${JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}...` : value)}`;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const step of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section with keys',
  record: 'a section with keys',
};

function allowed(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return TYPE_NAMES[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return issue.values.map(String).join(', ');
  if (issue.code === 'too_small' && issue.message.startsWith('Too small')) return `at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `at most ${issue.maximum}`;
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => inner.message).join(', ');
  return issue.message;
}

/** The keys that the schema takes at the path; empty where it takes any. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: z.core.$ZodType | undefined = unwrap(schema);
  for (const step of path) {
    const definition: z.core.$ZodTypeDef | undefined = at?._zod.def;
    if (definition === undefined) return [];
    at = unwrap(child(definition, step));
  }
  const definition = at?._zod.def;
  return definition !== undefined && isObject(definition) ? Object.keys(definition.shape) : [];
}

function isObject(definition: z.core.$ZodTypeDef): definition is z.core.$ZodObjectDef {
  return definition.type === 'object';
}

function child(definition: z.core.$ZodTypeDef, step: PropertyKey): z.core.$ZodType | undefined {
  if (isObject(definition)) return definition.shape[String(step)];
  if ('element' in definition) return definition.element as z.core.$ZodType;
  return 'valueType' in definition ? (definition.valueType as z.core.$ZodType) : undefined;
}

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let at = schema;
  while (at !== undefined && 'innerType' in at._zod.def) at = at._zod.def.innerType as z.core.$ZodType;
  return at;
}

import type { z } from 'zod';
import { HaleError } from '../domain/errors.ts';
import type { YamlText } from './yaml-text.ts';

/** One thing that is wrong in a file, for a person to mend. */
export interface PolicyProblem {
  readonly file: string;
  readonly line: number;
  /** `ladder[0].remediation`; empty for the whole file. */
  readonly key: string;
  /** What was found, and what is allowed instead. */
  readonly message: string;
}

/** The error that ends the start: one line for each problem, in the order of the files. */
export function policyError(problems: readonly PolicyProblem[]): HaleError {
  return new HaleError('policy-invalid', problems.map(problemText).join('\n'), { details: { problems } });
}

function problemText({ file, line, key, message }: PolicyProblem): string {
  return `${file}:${line}: ${key === '' ? '' : `${key}: `}${message}`;
}

export function keyText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

/** Collects the problems of one file. */
export interface FileProblems {
  readonly found: PolicyProblem[];
  add(path: readonly PropertyKey[], message: string): void;
  /** What a schema found, `at` this path of the file. Unknown keys are said one by one. */
  addIssues(issues: readonly z.core.$ZodIssue[], schema: z.ZodType, at?: readonly PropertyKey[]): void;
}

export function problemsOf(file: string, text: YamlText): FileProblems {
  const found: PolicyProblem[] = [];
  const add = (path: readonly PropertyKey[], message: string): void => {
    found.push({ file, line: text.lineOf(path), key: keyText(path), message });
  };
  const addIssues: FileProblems['addIssues'] = (issues, schema, at = []) => {
    for (const issue of issues) {
      const path = [...at, ...issue.path];
      if (issue.code !== 'unrecognized_keys') {
        add(path, `found ${foundText(text.valueAt(path))}; allowed: ${allowedText(issue)}`);
        continue;
      }
      for (const key of issue.keys) {
        add([...path, key], `unknown key; allowed: ${keysAt(schema, issue.path).join(', ') || 'none'}`);
      }
    }
  };
  return { found, add, addIssues };
}

const LONGEST_SHOWN = 60;

/** What stands there, cut to a length that fits a line. */
export function foundText(value: unknown): string {
  if (value === undefined) return 'nothing (the key is missing)';
  if (value === null) return 'an empty value';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text;
}

const TYPE_TEXTS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section with keys',
  record: 'a section with keys',
};

function allowedText(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return TYPE_TEXTS[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return issue.values.map(String).join(', ');
  if (issue.code === 'too_small') {
    const least = `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    if (issue.origin === 'array') return `${least} of them; leave the key out to say nothing`;
    return issue.origin === 'string' ? 'a text that is not empty' : least;
  }
  if (issue.code === 'too_big') return `at most ${issue.maximum}`;
  return issue.message;
}

/** The keys that a schema takes at a path; empty where that cannot be told. */
export function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: z.core.$ZodType | undefined = unwrapped(schema);
  for (const step of path) {
    if (at === undefined) return [];
    const { def } = at._zod;
    if (isObject(def)) at = unwrapped(def.shape[String(step)]);
    else at = unwrapped('element' in def ? (def.element as z.core.$ZodType) : undefined);
  }
  return at !== undefined && isObject(at._zod.def) ? Object.keys(at._zod.def.shape) : [];
}

function isObject(def: z.core.$ZodTypeDef): def is z.core.$ZodObjectDef {
  return def.type === 'object';
}

/** The schema inside of defaults and optional ones. */
function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let at = schema;
  while (at !== undefined && 'innerType' in at._zod.def) at = at._zod.def.innerType as z.core.$ZodType;
  return at;
}

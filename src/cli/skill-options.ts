import { Option } from 'commander';
import { HaleError } from '../domain/errors.ts';

/** A skill as the command line knows it. */
export interface SkillOffer {
  readonly id: string;
  readonly summary: string;
  /** JSON schema of its input: an object whose properties are strings, numbers or truth values. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Reads a stream of lines as well. */
  readonly streams?: boolean;
}

interface Property {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
}

/** One option for each property of the input: `sinceMinutes` becomes `--since-minutes <number>`. */
export function skillOptions({ input, streams }: SkillOffer): Option[] {
  const properties = (input.properties ?? {}) as Readonly<Record<string, Property>>;
  const required = new Set((input.required ?? []) as readonly string[]);
  const own = Object.entries(properties).map(([name, { type, description = '', default: preset }]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const isNumber = type === 'integer' || type === 'number';
    const value = type === 'boolean' ? '' : isNumber ? ' <number>' : ' <text>';
    const usual = preset === undefined ? '' : ` (default: ${JSON.stringify(preset)})`;
    const option = new Option(`${flag}${value}`, `${description}${usual}`);
    if (isNumber) option.argParser((text) => numberOf(flag, text));
    // A default is left to the skill, so that both doors have the same one.
    return required.has(name) && preset === undefined ? option.makeOptionMandatory() : option;
  });
  const file = new Option(
    '--input <file>',
    'lines of this file, - for standard input, or https://HOST:9200/INDEX?since=1h for an Elasticsearch; read here, without a running Hale',
  );
  return streams ? [file, ...own] : own;
}

function numberOf(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new HaleError('usage-invalid', `${flag} ${text}: a number`);
}

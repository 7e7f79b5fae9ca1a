import { parseArgs } from 'node:util';
import { readSeed } from '../arguments.ts';
import { describeError, WorldError } from '../errors.ts';
import { OPTIONAL_PARTS, type OptionalPartName } from '../parts-list.ts';

export interface PlayArguments {
  readonly optional: readonly OptionalPartName[];
  readonly faultsFolder: string | undefined;
  readonly hale: boolean;
  readonly alertRules: boolean;
  readonly seed: number;
  readonly help: boolean;
}

const OPTIONAL_NAMES = Object.keys(OPTIONAL_PARTS) as OptionalPartName[];

export const PLAY_USAGE = `npm run world [-- OPTIONS]: keeps the world up; faults are switched at its prompt, Ctrl-C ends it
  --with A,B         optional parts as well: ${OPTIONAL_NAMES.join(', ')}; or all
  --faults DIR       add the faults of a folder, as in npm run e2e
  --no-hale          the world without Hale
  --no-alert-rules   Prometheus gets no alert rules
  --seed N           seed of the load (default: 1)
  --help             this text`;

/** Throws `bad-arguments` with what is wrong and what may be written instead. */
export function readPlayArguments(words: readonly string[]): PlayArguments {
  const values = parse(words);
  return {
    optional: readOptional(values.with),
    faultsFolder: values.faults,
    hale: !values['no-hale'],
    alertRules: !values['no-alert-rules'],
    seed: readSeed(values.seed),
    help: values.help ?? false,
  };
}

function readOptional(text: string | undefined): OptionalPartName[] {
  if (text === undefined) return [];
  if (text === 'all') return OPTIONAL_NAMES;
  return text.split(',').map((word) => {
    const name = OPTIONAL_NAMES.find((it) => it === word.trim());
    if (name !== undefined) return name;
    throw new WorldError('bad-arguments', `--with ${word}: one of ${OPTIONAL_NAMES.join(', ')}, or all`);
  });
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        with: { type: 'string' },
        faults: { type: 'string' },
        'no-hale': { type: 'boolean' },
        'no-alert-rules': { type: 'boolean' },
        seed: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new WorldError('bad-arguments', `${describeError(error)}\n${PLAY_USAGE}`, { cause: error });
  }
}

import { parseArgs } from 'node:util';
import { describeError, WorldError } from './errors.ts';

export interface Arguments {
  readonly fault: string | undefined;
  readonly smoke: boolean;
  readonly prove: boolean;
  readonly proveKubelet: boolean;
  readonly keep: boolean;
  readonly out: string | undefined;
  readonly seed: number;
  readonly help: boolean;
}

export const USAGE = `npm run e2e [-- OPTIONS]
  --smoke        only the faults that are quick enough for every change
  --fault NAME   one fault alone
  --prove        without Hale: show that each fault hurts users and that only the right lever heals them
  --prove-kubelet  no fault at all: show that the played nodes do what faults rely on
  --seed N       seed of the load, from 0 to 4294967295 (default: 1)
  --out FILE     write one JSON line per fault to this file
  --keep         keep the logs of the parts and say where they are
  --help         this text`;

const MAX_SEED = 0xff_ff_ff_ff;

/** Throws `bad-arguments` with what is wrong and what may be written instead. */
export function readArguments(words: readonly string[], faults: readonly string[]): Arguments {
  const values = parse(words);
  const seed = Number(values.seed ?? '1');
  if (!Number.isInteger(seed) || seed < 0 || seed > MAX_SEED || values.seed === '') {
    throw new WorldError('bad-arguments', `--seed ${values.seed}: must be a whole number from 0 to ${MAX_SEED}`);
  }
  if (values.fault !== undefined && !faults.includes(values.fault)) {
    throw new WorldError(
      'bad-arguments',
      `--fault ${values.fault}: there is no such fault; one of ${faults.join(', ')}`,
    );
  }
  if (values.fault !== undefined && values.smoke) {
    throw new WorldError('bad-arguments', '--smoke and --fault: only one of them');
  }
  return {
    fault: values.fault,
    smoke: values.smoke ?? false,
    prove: values.prove ?? false,
    proveKubelet: values['prove-kubelet'] ?? false,
    keep: values.keep ?? false,
    out: values.out,
    seed,
    help: values.help ?? false,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        fault: { type: 'string' },
        smoke: { type: 'boolean' },
        prove: { type: 'boolean' },
        'prove-kubelet': { type: 'boolean' },
        keep: { type: 'boolean' },
        out: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new WorldError('bad-arguments', `${describeError(error)}\n${USAGE}`, { cause: error });
  }
}

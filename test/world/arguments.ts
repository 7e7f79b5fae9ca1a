import { parseArgs } from 'node:util';
import { describeError, WorldError } from './errors.ts';

export interface Arguments {
  /** Ids in the order given; undefined = all, or those of `smoke`. */
  readonly faults: readonly string[] | undefined;
  readonly faultsFolder: string | undefined;
  readonly smoke: boolean;
  readonly prove: boolean;
  readonly proveKubelet: boolean;
  readonly keep: boolean;
  readonly alertRules: boolean;
  /** Whether the shop's logs take the way through an Elasticsearch that Hale reads, and not straight to Hale. */
  readonly logsThroughElasticsearch: boolean;
  readonly out: string | undefined;
  /** Folder for what Hale tells of each incident. */
  readonly dossiers: string | undefined;
  readonly seed: number;
  readonly help: boolean;
}

export const USAGE = `npm run e2e [-- OPTIONS]
  --smoke            only the faults that are quick enough for every change
  --fault A,B        these faults alone, in this order
  --faults DIR       add the faults of a folder: each file exports one object of the type Fault (test/world/fault.ts)
  --prove            without Hale: show that each fault hurts users and that only the right lever heals them
  --prove-kubelet    no fault at all: show that the played nodes do what faults rely on
  --no-alert-rules   Prometheus gets no alert rules, so that Hale has only what it looks for by itself
  --elasticsearch    the shop's logs go into a real Elasticsearch, and Hale reads it; without, the shipper sends them to Hale
  --seed N           seed of the load, from 0 to 4294967295 (default: 1)
  --out FILE         write one JSON line per fault to this file
  --dossiers DIR     write what Hale tells of each incident to this folder, as text and as JSON
  --keep             keep the logs of the parts and say where they are
  --help             this text`;

const MAX_SEED = 0xff_ff_ff_ff;

/** Throws `bad-arguments` with what is wrong and what may be written instead. */
export function readArguments(words: readonly string[]): Arguments {
  const values = parse(words);
  const seed = readSeed(values.seed);
  const faults = values.fault?.split(',').map((it) => it.trim());
  if (faults !== undefined && values.smoke) {
    throw new WorldError('bad-arguments', '--smoke and --fault: only one of them');
  }
  return {
    faults,
    faultsFolder: values.faults,
    smoke: values.smoke ?? false,
    prove: values.prove ?? false,
    proveKubelet: values['prove-kubelet'] ?? false,
    keep: values.keep ?? false,
    alertRules: !values['no-alert-rules'],
    logsThroughElasticsearch: values.elasticsearch ?? false,
    out: values.out,
    dossiers: values.dossiers,
    seed,
    help: values.help ?? false,
  };
}

export function readSeed(text: string | undefined): number {
  const seed = Number(text ?? '1');
  if (!Number.isInteger(seed) || seed < 0 || seed > MAX_SEED || text === '') {
    throw new WorldError('bad-arguments', `--seed ${text}: must be a whole number from 0 to ${MAX_SEED}`);
  }
  return seed;
}

/** The faults that the arguments ask for, in order; throws `bad-arguments` for a name that is none. */
export function chooseFaults<F extends { readonly id: string; readonly smoke: boolean }>(
  { faults, smoke }: Pick<Arguments, 'faults' | 'smoke'>,
  all: readonly F[],
): readonly F[] {
  if (faults === undefined) return smoke ? all.filter((it) => it.smoke) : all;
  return faults.map((id) => {
    const fault = all.find((it) => it.id === id);
    if (fault !== undefined) return fault;
    const known = all.map((it) => it.id).join(', ');
    throw new WorldError('bad-arguments', `--fault ${id}: there is no such fault; one of ${known}`);
  });
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        fault: { type: 'string' },
        faults: { type: 'string' },
        smoke: { type: 'boolean' },
        prove: { type: 'boolean' },
        'prove-kubelet': { type: 'boolean' },
        keep: { type: 'boolean' },
        'no-alert-rules': { type: 'boolean' },
        elasticsearch: { type: 'boolean' },
        out: { type: 'string' },
        dossiers: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new WorldError('bad-arguments', `${describeError(error)}\n${USAGE}`, { cause: error });
  }
}

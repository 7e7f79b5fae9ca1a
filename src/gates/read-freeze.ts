import type { ClusterReader } from '../ports/cluster.ts';
import type { Store } from '../ports/store.ts';

/** Where the kill switch lies that works when Hale does not: a ConfigMap that a person can write with kubectl. */
export interface FreezeSettings {
  readonly namespace: string;
  readonly configMap: string;
}

export interface FreezeReaders {
  readonly store: Pick<Store, 'freeze'>;
  readonly cluster: Pick<ClusterReader, 'configMap'>;
  readonly settings: FreezeSettings;
  readonly signal?: AbortSignal;
}

export type FreezeReading =
  | { readonly known: true; readonly frozen: boolean; readonly by: string; readonly reason: string }
  | { readonly known: false; readonly why: string };

/** Frozen when the store or the ConfigMap says so; not frozen only when both could be read and neither does. Never throws. */
export async function readFreeze(readers: FreezeReaders): Promise<FreezeReading> {
  const [stored, mapped] = await Promise.all([
    attempt(() => freezeOfStore(readers)),
    attempt(() => freezeOfMap(readers)),
  ]);
  const readings = [stored, mapped];
  const frozen = readings.find((reading) => reading.known && reading.frozen);
  if (frozen !== undefined) return frozen;
  const unknown = readings.find((reading) => !reading.known);
  return unknown ?? { known: true, frozen: false, by: '', reason: '' };
}

async function freezeOfStore({ store }: FreezeReaders): Promise<FreezeReading> {
  const state = await store.freeze();
  return { known: true, frozen: state?.frozen ?? false, by: state?.by ?? '', reason: state?.reason ?? '' };
}

async function freezeOfMap({ cluster, settings, signal }: FreezeReaders): Promise<FreezeReading> {
  const where = `ConfigMap ${settings.namespace}/${settings.configMap}`;
  const data = await cluster.configMap(settings.namespace, settings.configMap, signal);
  if (data === null) return { known: true, frozen: false, by: '', reason: '' };
  const word = data.frozen?.trim().toLowerCase();
  if (word !== 'true' && word !== 'false') {
    return { known: false, why: `${where}: frozen is ${JSON.stringify(data.frozen ?? null)}; write "true" or "false"` };
  }
  return { known: true, frozen: word === 'true', by: data.by ?? where, reason: data.reason ?? 'no reason given' };
}

async function attempt(read: () => Promise<FreezeReading>): Promise<FreezeReading> {
  try {
    return await read();
  } catch (error) {
    return { known: false, why: error instanceof Error ? error.message : String(error) };
  }
}

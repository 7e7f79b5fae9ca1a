import { fieldOf, type PodPlace } from '../container-env.ts';
import type { FieldFile, KeysOf, Pod, Projection, Volume } from '../pod.ts';

export type Data = Readonly<Record<string, Buffer>>;

/** Reads what a volume refers to, with the node's own rights; undefined when there is no such object. */
export interface VolumeSources {
  configMap(name: string): Promise<Data | undefined>;
  secret(name: string): Promise<Data | undefined>;
  token(pod: Pod, request: { audience?: string; expirationSeconds?: number }): Promise<string>;
  /** Folder of the volume that is bound to the claim. */
  claim(name: string): Promise<string>;
}

/** The volume can not be mounted now; the pod waits and the message is told in an Event. */
export class MountError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MountError';
  }
}

/** The default of the API for tokens. */
const TOKEN_LIFE_S = 3_600;

/** The files of a volume that is made of objects, by path; undefined for a volume that is a folder. */
export async function volumeFiles(
  volume: Volume,
  pod: Pod,
  place: PodPlace,
  sources: VolumeSources,
): Promise<Data | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap) return objectFiles(pod, { configMap }, sources);
  if (secret) return objectFiles(pod, { secret: { ...secret, name: secret.secretName ?? '' } }, sources);
  if (downwardAPI) return fieldFiles(downwardAPI.items ?? [], pod, place);
  if (!projected) return undefined;
  const parts: Data[] = [];
  for (const part of projected.sources ?? []) parts.push(await projectionFiles(part, pod, place, sources));
  return Object.assign({}, ...parts) as Data;
}

async function projectionFiles(part: Projection, pod: Pod, place: PodPlace, sources: VolumeSources): Promise<Data> {
  if (part.downwardAPI) return fieldFiles(part.downwardAPI.items ?? [], pod, place);
  if (part.serviceAccountToken) {
    const { path, audience, expirationSeconds = TOKEN_LIFE_S } = part.serviceAccountToken;
    const request = audience === undefined ? { expirationSeconds } : { audience, expirationSeconds };
    return { [path]: Buffer.from(await sources.token(pod, request)) };
  }
  return objectFiles(pod, part, sources);
}

async function objectFiles(
  pod: Pod,
  { configMap, secret }: Pick<Projection, 'configMap' | 'secret'>,
  sources: VolumeSources,
): Promise<Data> {
  const ref = configMap ?? secret;
  const name = ref?.name ?? '';
  const data = configMap ? await sources.configMap(name) : await sources.secret(name);
  if (data !== undefined && ref) return chosenKeys(data, ref, configMap ? 'configmap' : 'secret');
  if (ref?.optional === true) return {};
  throw new MountError(`${configMap ? 'configmap' : 'secret'} "${pod.metadata.namespace}/${name}" not found`);
}

function chosenKeys(data: Data, { items, optional }: KeysOf, kind: string): Data {
  if (items === undefined) return data;
  const chosen: Record<string, Buffer> = {};
  for (const { key, path } of items) {
    const value = data[key];
    if (value !== undefined) chosen[path] = value;
    else if (optional !== true) throw new MountError(`references non-existent ${kind} key: ${key}`);
  }
  return chosen;
}

function fieldFiles(items: readonly FieldFile[], pod: Pod, place: PodPlace): Data {
  return Object.fromEntries(
    items.map(({ path, fieldRef }) => [path, Buffer.from(fieldText(fieldRef?.fieldPath ?? '', pod, place))]),
  );
}

/** Files may hold whole maps, one `key="value"` a line. */
function fieldText(path: string, pod: Pod, place: PodPlace): string {
  const { labels = {}, annotations = {} } = pod.metadata;
  const map = path === 'metadata.labels' ? labels : path === 'metadata.annotations' ? annotations : undefined;
  if (map === undefined) return fieldOf(path, pod, place);
  return Object.entries(map)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

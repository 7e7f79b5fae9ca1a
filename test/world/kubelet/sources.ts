import { isKubeStatus, type KubeClient } from '../kube/client.ts';
import type { KubeObject } from '../kube/types.ts';
import type { EnvSources } from './container-env.ts';
import { type Data, MountError, type VolumeSources } from './volumes/volume-files.ts';

interface DataObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

interface Claim extends KubeObject {
  readonly spec?: { readonly volumeName?: string };
  readonly status?: { readonly phase?: string };
}

interface PersistentVolume extends KubeObject {
  readonly spec?: { readonly hostPath?: { path: string }; readonly local?: { path: string } };
}

/** Reads with the node's own rights: the Node authorizer grants what a pod of this node refers to. */
export function createSources(client: KubeClient, namespace: string): EnvSources & VolumeSourcesOfEnv {
  const core = `/api/v1/namespaces/${namespace}`;
  async function data(kind: 'configmaps' | 'secrets', name: string): Promise<Data | undefined> {
    const object = await getOrNone<DataObject>(client, `${core}/${kind}/${name}`);
    if (object === undefined) return undefined;
    const encoding = kind === 'secrets' ? 'base64' : 'utf8';
    return {
      ...mapped(object.data ?? {}, (it) => Buffer.from(it, encoding)),
      ...mapped(object.binaryData ?? {}, (it) => Buffer.from(it, 'base64')),
    };
  }
  async function texts(kind: 'configmaps' | 'secrets', name: string) {
    const bytes = await data(kind, name);
    return bytes && mapped(bytes, (it) => it.toString('utf8'));
  }
  return {
    configMap: (name) => texts('configmaps', name),
    secret: (name) => texts('secrets', name),
    volumes: {
      configMap: (name) => data('configmaps', name),
      secret: (name) => data('secrets', name),
      claim: (name) => claimFolder(client, namespace, name),
      async token({ metadata, spec }, { audience, expirationSeconds }) {
        const account = spec.serviceAccountName ?? 'default';
        const answer = await client.create<{ status: { token: string } }>(`${core}/serviceaccounts/${account}/token`, {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: {
            expirationSeconds,
            audiences: audience === undefined ? [] : [audience],
            boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: metadata.name, uid: metadata.uid },
          },
        });
        return answer.status.token;
      },
    },
  };
}

export interface VolumeSourcesOfEnv {
  readonly volumes: VolumeSources;
}

async function claimFolder(client: KubeClient, namespace: string, name: string): Promise<string> {
  const claim = await getOrNone<Claim>(client, `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`);
  if (claim === undefined) throw new MountError(`persistentvolumeclaim "${name}" not found`);
  const { volumeName } = claim.spec ?? {};
  if (claim.status?.phase !== 'Bound' || volumeName === undefined) {
    throw new MountError(`PVC ${namespace}/${name} is not bound`);
  }
  const volume = await getOrNone<PersistentVolume>(client, `/api/v1/persistentvolumes/${volumeName}`);
  const path = volume?.spec?.hostPath?.path ?? volume?.spec?.local?.path;
  if (path === undefined) throw new MountError(`persistentvolume "${volumeName}" is no folder of this node`);
  return path;
}

async function getOrNone<T>(client: KubeClient, path: string): Promise<T | undefined> {
  try {
    return await client.get<T>(path);
  } catch (error) {
    if (isKubeStatus(error, 404)) return undefined;
    throw error;
  }
}

function mapped<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

import type { ContainerSpec, EnvVar, Pod } from './pod.ts';

/** Reads the data of a ConfigMap or Secret, decoded; undefined when there is no such object. */
export interface EnvSources {
  configMap(name: string): Promise<Readonly<Record<string, string>> | undefined>;
  secret(name: string): Promise<Readonly<Record<string, string>> | undefined>;
}

export interface PodPlace {
  readonly podIp: string;
  readonly hostIp: string;
}

/** The container can not be started as it is configured; shown as the waiting reason CreateContainerConfigError. */
export class ContainerConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ContainerConfigError';
  }
}

/** `$(NAME)` becomes the value of an earlier variable, `$$` one dollar sign; an unknown name stays as it is written. */
export function expand(text: string, known: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\$|\$\(([^()\s]+)\)/g, (match, name: string | undefined) =>
    name === undefined ? '$' : (known[name] ?? match),
  );
}

/** All variables of a container in the order of the API: envFrom first, env over it, each seeing those before it. */
export async function resolveEnv(
  container: ContainerSpec,
  pod: Pod,
  place: PodPlace,
  sources: EnvSources,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? await sources.configMap(configMapRef.name)
      : secretRef && (await sources.secret(secretRef.name));
    const from = configMapRef ?? secretRef;
    if (data === undefined && from?.optional !== true) {
      throw new ContainerConfigError(`${configMapRef ? 'configmap' : 'secret'} "${from?.name ?? ''}" not found`);
    }
    for (const [key, value] of Object.entries(data ?? {})) env[`${prefix}${key}`] = value;
  }
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, pod, place, sources, env);
    if (value !== undefined) env[variable.name] = value;
  }
  return env;
}

/** The program (that of the image where the pod names none) and its arguments with `$(NAME)` replaced. */
export function resolveCommand(
  container: ContainerSpec,
  env: Readonly<Record<string, string>>,
  entrypoint: readonly string[],
): string[] {
  return [...(container.command ?? entrypoint), ...(container.args ?? [])].map((word) => expand(word, env));
}

/** Only what is written in the pod itself is expanded; what comes from elsewhere is taken as it is. */
async function valueOf(
  variable: EnvVar,
  pod: Pod,
  place: PodPlace,
  sources: EnvSources,
  known: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const from = variable.valueFrom;
  if (from === undefined) return expand(variable.value ?? '', known);
  if (from.fieldRef) return fieldOf(from.fieldRef.fieldPath, pod, place);
  const ref = from.configMapKeyRef ?? from.secretKeyRef;
  if (ref === undefined) {
    throw new ContainerConfigError(`env ${variable.name}: this valueFrom is not known to the process kubelet`);
  }
  const isConfigMap = from.configMapKeyRef !== undefined;
  const data = isConfigMap ? await sources.configMap(ref.name) : await sources.secret(ref.name);
  const value = data?.[ref.key];
  if (value !== undefined || ref.optional === true) return value;
  const kind = isConfigMap ? 'ConfigMap' : 'Secret';
  throw new ContainerConfigError(
    data === undefined
      ? `${kind.toLowerCase()} "${ref.name}" not found`
      : `couldn't find key ${ref.key} in ${kind} ${pod.metadata.namespace}/${ref.name}`,
  );
}

const MAP_ENTRY = /^metadata\.(labels|annotations)\['(.+)'\]$/;

/** Value of a field of the pod, for a variable or a file. */
export function fieldOf(path: string, pod: Pod, place: PodPlace): string {
  const entry = MAP_ENTRY.exec(path);
  if (entry) {
    const map = entry[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations;
    return map?.[entry[2] ?? ''] ?? '';
  }
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': pod.spec.nodeName,
    'spec.serviceAccountName': pod.spec.serviceAccountName ?? 'default',
    'status.podIP': place.podIp,
    'status.podIPs': place.podIp,
    'status.hostIP': place.hostIp,
    'status.hostIPs': place.hostIp,
  };
  const value = fields[path];
  if (value === undefined) throw new ContainerConfigError(`fieldPath ${path} is not known to the process kubelet`);
  return value;
}

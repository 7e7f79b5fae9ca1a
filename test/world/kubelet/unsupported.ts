import type { ContainerSpec, Pod, Volume } from './pod.ts';

const VOLUME_SOURCES = [
  'configMap',
  'secret',
  'emptyDir',
  'hostPath',
  'persistentVolumeClaim',
  'downwardAPI',
  'projected',
] as const;

/**
 * What the pod asks for and the process kubelet does not do. Such a pod is not started: running it without would make a
 * fault look healed, or a healthy pod look sick.
 */
export function unsupportedFeature(pod: Pod): string | undefined {
  const { initContainers = [], containers, volumes = [] } = pod.spec;
  const sidecar = initContainers.find((it) => it.restartPolicy === 'Always');
  if (sidecar) return `init container ${sidecar.name}: restartPolicy Always`;
  const strange = volumes.find((it) => !VOLUME_SOURCES.some((source) => it[source] !== undefined));
  if (strange) return `volume ${strange.name}: ${Object.keys(strange).find((it) => it !== 'name') ?? 'no source'}`;
  const projection = volumes.map(unsupportedProjection).find((it) => it !== undefined);
  if (projection !== undefined) return projection;
  return [...initContainers, ...containers].map(unsupportedInContainer).find((it) => it !== undefined);
}

function unsupportedProjection({ name, projected }: Volume): string | undefined {
  const strange = projected?.sources?.find(
    (it) => !(it.configMap ?? it.secret ?? it.downwardAPI ?? it.serviceAccountToken),
  );
  return strange && `volume ${name}: projected ${Object.keys(strange)[0] ?? 'without a source'}`;
}

function unsupportedInContainer(container: ContainerSpec): string | undefined {
  if (container.lifecycle?.postStart) return `container ${container.name}: lifecycle.postStart`;
  const { livenessProbe, readinessProbe, startupProbe } = container;
  const grpc = [livenessProbe, readinessProbe, startupProbe].some((it) => it?.grpc !== undefined);
  return grpc ? `container ${container.name}: grpc probe` : undefined;
}

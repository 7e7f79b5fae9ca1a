import type { ContainerSpec, Pod } from './pod.ts';

/** The API server mounts this into every pod that does not refuse it; it is the one volume that may be missing. */
const INJECTED_TOKEN = /^kube-api-access-/;

/**
 * What the pod asks for and the process kubelet does not do. Such a pod is not started: running it without would make a
 * fault look healed, or a healthy pod look sick.
 */
export function unsupportedFeature(pod: Pod): string | undefined {
  const { initContainers = [], containers } = pod.spec;
  const sidecar = initContainers.find((it) => it.restartPolicy === 'Always');
  if (sidecar) return `init container ${sidecar.name}: restartPolicy Always`;
  return [...initContainers, ...containers].map(unsupportedInContainer).find((it) => it !== undefined);
}

function unsupportedInContainer(container: ContainerSpec): string | undefined {
  const mount = container.volumeMounts?.find((it) => !INJECTED_TOKEN.test(it.name));
  if (mount) return `container ${container.name}: volume mount ${mount.name}`;
  if (container.lifecycle?.postStart) return `container ${container.name}: lifecycle.postStart`;
  const { livenessProbe, readinessProbe, startupProbe } = container;
  const grpc = [livenessProbe, readinessProbe, startupProbe].some((it) => it?.grpc !== undefined);
  return grpc ? `container ${container.name}: grpc probe` : undefined;
}

import type { Clock } from '../clock.ts';
import type { ObjectStore } from './object-store.ts';
import type { KubeObject, OwnerReference, PodTemplate } from './objects.ts';
import { kubeTime } from './objects.ts';
import type { Resource } from './resources.ts';

export interface PodRunner {
  create(name: string, namespace: string | undefined, template: PodTemplate, owner: OwnerReference): KubeObject;
  makeReady(pod: KubeObject): void;
  /** Marks the pod as going and removes it when its grace is over. */
  terminate(pod: KubeObject, graceMs?: number): KubeObject;
  stop(): void;
}

/** Scheduler and kubelet in one: a created pod becomes ready after the start delay, a deleted one goes after the stop delay. */
export function createPodRunner(options: {
  clock: Clock;
  store: ObjectStore;
  resources: { pods: Resource };
  podStartMs: number;
  podStopMs: number;
}): PodRunner {
  const { clock, store, resources } = options;
  const timers = new Map<string, () => void>();
  let started = 0;

  const later = (uid: string, delayMs: number, run: () => void): void => {
    timers.get(uid)?.();
    timers.set(
      uid,
      clock.setTimer(delayMs, () => {
        timers.delete(uid);
        run();
      }),
    );
  };
  const fresh = (pod: KubeObject): KubeObject | undefined => {
    const found = store.get(resources.pods, pod.metadata.namespace, pod.metadata.name);
    return found?.metadata.uid === pod.metadata.uid ? found : undefined;
  };

  const makeReady = (pod: KubeObject): void => {
    timers.get(pod.metadata.uid)?.();
    timers.delete(pod.metadata.uid);
    const current = fresh(pod);
    if (current === undefined || current.metadata.deletionTimestamp !== undefined) return;
    started++;
    const now = kubeTime(clock.now());
    const podIP = `10.244.${(started >> 8) & 255}.${started & 255}`;
    const containers = (current.spec?.['containers'] ?? []) as { name: string; image?: string }[];
    const status = {
      phase: 'Running',
      podIP,
      podIPs: [{ ip: podIP }],
      hostIP: '10.0.0.1',
      startTime: now,
      qosClass: 'Burstable',
      conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
        type,
        status: 'True',
        lastTransitionTime: now,
      })),
      containerStatuses: containers.map(({ name, image = '' }) => ({
        name,
        image,
        imageID: image,
        containerID: `containerd://${current.metadata.uid}`,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: now } },
        lastState: {},
      })),
    };
    store.update(resources.pods, { ...current, status });
  };

  return {
    makeReady,
    create(name, namespace, template, owner) {
      const pod = store.create(resources.pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          ...template.metadata,
          name,
          ...(namespace === undefined ? {} : { namespace }),
          ownerReferences: [owner],
        },
        spec: { ...template.spec, nodeName: 'node-1' },
        status: {
          phase: 'Pending',
          conditions: [
            { type: 'PodScheduled', status: 'True' },
            { type: 'Ready', status: 'False' },
          ],
        },
      });
      later(pod.metadata.uid, options.podStartMs, () => makeReady(pod));
      return pod;
    },
    terminate(pod, graceMs = options.podStopMs) {
      const current = fresh(pod);
      if (current === undefined || current.metadata.deletionTimestamp !== undefined) return current ?? pod;
      const going = store.update(resources.pods, {
        ...current,
        metadata: {
          ...current.metadata,
          deletionTimestamp: kubeTime(clock.now() + graceMs),
          deletionGracePeriodSeconds: Math.ceil(graceMs / 1_000),
        },
      });
      later(pod.metadata.uid, graceMs, () => {
        if (fresh(pod) !== undefined) store.remove(resources.pods, pod.metadata.namespace, pod.metadata.name);
      });
      return going;
    },
    stop() {
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}

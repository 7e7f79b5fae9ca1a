import { describeError } from '../errors.ts';
import { isKubeStatus, type KubeClient } from '../kube/client.ts';
import type { Pod } from './pod.ts';

export type EventType = 'Normal' | 'Warning';

/** Writes the Events that a kubelet writes about its pods; equal ones raise the count of the first. */
export interface EventRecorder {
  record(pod: Pod, type: EventType, reason: string, message: string): void;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly node: string;
  readonly now: () => Date;
  readonly onTrouble: (line: string) => void;
}

export function createEventRecorder({ client, node, now, onTrouble }: EventRecorderOptions): EventRecorder {
  const known = new Map<string, { name: string; count: number }>();
  // One after the other, so that a count never overtakes its event.
  let queue = Promise.resolve();

  async function write(pod: Pod, type: EventType, reason: string, message: string): Promise<void> {
    const { namespace = 'default', name, uid } = pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/events`;
    const time = now()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z');
    const key = `${uid} ${type} ${reason} ${message}`;
    const first = known.get(key);
    if (first) {
      first.count += 1;
      await client.patch(`${path}/${first.name}`, 'merge-patch', { count: first.count, lastTimestamp: time });
      return;
    }
    const event = { name: `${name}.${now().getTime().toString(16)}${known.size.toString(16)}`, count: 1 };
    await client.create(path, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: event.name, namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
      type,
      reason,
      message: message.slice(0, 1_000),
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component: 'kubelet', host: node },
      reportingComponent: 'kubelet',
      reportingInstance: node,
    });
    known.set(key, event);
  }

  return {
    record(pod, type, reason, message) {
      queue = queue
        .then(() => write(pod, type, reason, message))
        .catch((error: unknown) => {
          // A namespace that is going away takes no events; that is not worth a line.
          if (!isKubeStatus(error, 403, 404)) onTrouble(`event ${reason}: ${describeError(error)}`);
        });
    },
  };
}

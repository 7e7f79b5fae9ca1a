import type { KubeList, KubeObject } from '../kube/types.ts';
import type { ContainerSpec, Pod, PodSpec } from '../kubelet/pod.ts';
import { WORLD_IMAGES } from '../kubelet/runtime.ts';
import type { World } from '../world.ts';

export const NAMESPACE = 'proof';
export const CORE = `/api/v1/namespaces/${NAMESPACE}`;

/** What a claim is shown with. */
export interface Stage {
  readonly world: World;
  readonly create: (path: string, body: object) => Promise<unknown>;
  readonly createPod: (name: string, container: Partial<ContainerSpec>, spec?: Partial<PodSpec>) => Promise<unknown>;
  readonly pod: (name: string) => Promise<Pod>;
  readonly log: (name: string, query?: string) => Promise<string>;
  readonly value: (expression: string) => Promise<number | undefined>;
  readonly events: (name: string) => Promise<readonly Event[]>;
}

interface Event extends KubeObject {
  readonly reason: string;
  readonly message: string;
}

export function createStage(world: World): Stage {
  const { admin, prometheus } = world;
  const create = (path: string, body: object) => admin.create(path, { apiVersion: 'v1', ...body });
  return {
    world,
    create,
    createPod: (name, container, spec = {}) =>
      create(`${CORE}/pods`, {
        kind: 'Pod',
        metadata: { name },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 5,
          ...spec,
          containers: [{ name: 'c', image: `${WORLD_IMAGES}proof:1`, ...container }],
        },
      }),
    pod: (name) => admin.get<Pod>(`${CORE}/pods/${name}`),
    async log(name, query = '') {
      const answer = await admin.stream(`${CORE}/pods/${name}/log?${query}`, AbortSignal.timeout(60_000));
      let text = '';
      for await (const chunk of answer) text += String(chunk);
      return text;
    },
    value: async (expression) => (await prometheus.query(expression))[0]?.value,
    events: async (name) =>
      (await admin.get<KubeList<Event>>(`${CORE}/events?fieldSelector=involvedObject.name%3D${name}`)).items,
  };
}

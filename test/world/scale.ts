import type { World } from './world.ts';

/** Sets the replicas of a Deployment of the shop as a person would, and waits for the pods. */
export async function scaleDeployment(world: World, namespace: string, name: string, replicas: number): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}/scale`;
  await world.admin.patch(path, 'merge-patch', { spec: { replicas } });
  await world.waitForRollout(namespace, name);
}

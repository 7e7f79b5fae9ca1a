import { userInfo } from 'node:os';
import { connectKubernetes } from '../adapters/kubernetes/index.ts';

export interface FreezeByConfigMap {
  readonly frozen: boolean;
  readonly reason: string;
  readonly kubeconfig: string | undefined;
  readonly namespace: string;
  readonly name: string;
}

/** Writes the kill switch straight into the cluster: it works while Hale itself does not. */
export async function freezeByConfigMap(
  { frozen, reason, kubeconfig, namespace, name }: FreezeByConfigMap,
  out: (text: string) => void,
): Promise<number> {
  const path = kubeconfig ?? process.env.KUBECONFIG;
  const { writer } = await connectKubernetes({
    ...(path === undefined ? {} : { kubeconfig: path }),
    namespaces: [namespace],
    now: Date.now,
  });
  await writer.putConfigMap(namespace, name, { frozen: String(frozen), by: userInfo().username, reason });
  out(`ConfigMap ${namespace}/${name}: frozen: "${frozen}"\n`);
  return 0;
}

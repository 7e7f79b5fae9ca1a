import type { MayMove } from '../fault.ts';
import { SHOP_NAMESPACE, type ShopServiceName } from '../manifests.ts';

/** A repair that changes how many pods a service has. */
export function replicasOf(name: ShopServiceName): MayMove {
  return { kind: 'Deployment', namespace: SHOP_NAMESPACE, name, fields: ['spec.replicas'], pods: 'come-and-go' };
}

/** A repair, or the fault itself, that changes the pod template: every pod is replaced. */
export function templateOf(name: ShopServiceName): MayMove {
  return {
    kind: 'Deployment',
    namespace: SHOP_NAMESPACE,
    name,
    fields: ['spec.template', 'spec.replicas', 'metadata.annotations', 'metadata.labels'],
    pods: 'restart',
  };
}

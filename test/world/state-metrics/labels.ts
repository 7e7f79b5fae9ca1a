import type { ObjectMeta } from '../kube/types.ts';
import type { Labels } from '../kubelet/figures/exposition.ts';

/** Empty labels for what nobody owns, as kube-state-metrics has it since version 2. */
export function ownerLabels({ ownerReferences = [] }: ObjectMeta): Labels {
  const owner = ownerReferences.find((it) => it.controller === true) ?? ownerReferences[0];
  if (owner === undefined) return { owner_kind: '', owner_name: '', owner_is_controller: '' };
  return { owner_kind: owner.kind, owner_name: owner.name, owner_is_controller: String(owner.controller === true) };
}

export function created({ creationTimestamp }: ObjectMeta): number | undefined {
  return creationTimestamp === undefined ? undefined : Date.parse(creationTimestamp) / 1000;
}

export function namespaceOf({ namespace }: ObjectMeta): string {
  return namespace ?? 'default';
}

export function unitOf(resource: string): 'core' | 'byte' | 'integer' {
  if (resource === 'cpu') return 'core';
  return /^(memory|storage|ephemeral-storage|hugepages-)/.test(resource) ? 'byte' : 'integer';
}

import { valueAt } from '../../src/object-changes/index.ts';

/** A volume claim that a pod template names, and where its first container has it. */
export interface ClaimMount {
  readonly claim: string;
  readonly container: string;
  readonly path: string;
}

/** Of a workload as the API has it; fields of other types than they should have are passed over. */
export function claimMounts(workload: unknown): readonly ClaimMount[] {
  const spec = valueAt(workload, '/spec/template/spec');
  const volumes = listOf(spec, '/volumes').flatMap((volume) => {
    const claim = valueAt(volume, '/persistentVolumeClaim/claimName');
    const name = valueAt(volume, '/name');
    return typeof claim === 'string' && typeof name === 'string' ? [{ claim, name }] : [];
  });
  return volumes.flatMap(({ claim, name }) => {
    const mount = mountOf(spec, name);
    return mount === null ? [] : [{ claim, ...mount }];
  });
}

function mountOf(spec: unknown, volume: string): Omit<ClaimMount, 'claim'> | null {
  for (const container of listOf(spec, '/containers')) {
    const mount = listOf(container, '/volumeMounts').find((one) => valueAt(one, '/name') === volume);
    const [name, path] = [valueAt(container, '/name'), valueAt(mount, '/mountPath')];
    if (typeof name === 'string' && typeof path === 'string') return { container: name, path };
  }
  return null;
}

function listOf(value: unknown, pointer: string): readonly unknown[] {
  const list = valueAt(value, pointer);
  return Array.isArray(list) ? list : [];
}

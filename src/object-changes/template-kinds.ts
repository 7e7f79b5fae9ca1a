import type { Permission } from '../domain/permission.ts';

/** Kinds whose controller rolls a changed pod template out, a few pods at a time. */
export const TEMPLATE_KINDS: readonly string[] = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** What changing the pod template of any of them needs; `because` says why it is read. */
export function templatePermissions(because: string): readonly Permission[] {
  const resources = TEMPLATE_KINDS.map((kind) => `${kind.toLowerCase()}s`);
  return [
    ...resources.map((resource): Permission => ({ group: 'apps', resource, verb: 'get', because })),
    ...resources.map(
      (resource): Permission => ({ group: 'apps', resource, verb: 'patch', because: 'the change itself' }),
    ),
  ];
}

import { z } from 'zod';

/** One verb on one kind of Kubernetes object; what a plug-in declares that it needs. */
export const Permission = z.object({
  group: z.string(),
  resource: z.string().min(1),
  subresource: z.string().optional(),
  verb: z.enum(['get', 'list', 'watch', 'create', 'patch', 'update', 'delete']),
  /** Why it is asked for; shown in the table of `hale check` and in the chart. */
  because: z.string().min(1),
});
export type Permission = z.infer<typeof Permission>;

/** `patch deployments/scale.apps` */
export function permissionName(permission: Omit<Permission, 'because'>): string {
  const resource = permission.subresource ? `${permission.resource}/${permission.subresource}` : permission.resource;
  return `${permission.verb} ${resource}${permission.group ? `.${permission.group}` : ''}`;
}

import { z } from 'zod';

/**
 * The resource concerned: the workload at the top of the Kubernetes owner chain, or the pod itself when nothing owns it.
 * The UID pins one life of the object: a deleted and re-created Deployment is another subject.
 */
export const Subject = z.object({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  namespace: z.string().min(1),
  name: z.string().min(1),
  uid: z.string().min(1),
});
export type Subject = z.infer<typeof Subject>;

/** `Deployment shop/orders`: how a subject is named to people. */
export function subjectName(subject: Pick<Subject, 'kind' | 'namespace' | 'name'>): string {
  return `${subject.kind} ${subject.namespace}/${subject.name}`;
}

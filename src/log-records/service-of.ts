/** Pods of a Deployment end in a hash of their template and one of their own; those of a StatefulSet in a number. */
const OF_DEPLOYMENT = /^(.+)-[a-z0-9]{6,10}-[a-z0-9]{5}$/;
const OF_OTHERS = /^(.+)-(?:[bcdfghjklmnpqrstvwxz2456789]{5}|\d{1,4})$/;

/** What the name of a pod says of its workload: a name to count by, never one to act upon. */
export function serviceOfPod(pod: string): string {
  return OF_DEPLOYMENT.exec(pod)?.[1] ?? OF_OTHERS.exec(pod)?.[1] ?? pod;
}

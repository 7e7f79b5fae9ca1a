import { z } from 'zod';

/** Closed list of the kinds of trouble that an alert may report, each with what belongs to it. */
export const ALERT_CLASSES = {
  latency: 'answers come later than they should: requests, queries, probes, a burnt budget of slow requests',
  errors: 'operations fail, are refused or thrown away: 5xx, exceptions, dead letters, a burnt budget of errors',
  traffic: 'more or fewer requests arrive than is normal, or they are spread unevenly',
  cpu: 'processors are busy, throttled or stolen, or an event loop or scheduler starves',
  memory: 'memory, heap or swap runs short, collecting garbage takes too much, the kernel kills for memory',
  disk: 'space, inodes or throughput of a disk, volume or data directory run out',
  connections: 'connections, sessions, sockets, file descriptors or threads approach their limit',
  backlog: 'work waits: queue depth, consumer lag, pending tasks, compaction or flushing that falls behind',
  crash: 'processes restart, loop, are killed or flap',
  unavailable: 'an instance, target, node, member or service is down, missing or not ready',
  rollout: 'a deployment or update is stuck or half done, versions differ, an image cannot be pulled',
  consistency: 'copies disagree: replication broken or late, split brain, damaged data, clocks that differ',
  certificate: 'a certificate, key, token, licence or domain ends, is invalid or missing',
  job: 'a scheduled run, backup, snapshot, pipeline or build failed, is late or never ran',
  config: 'a setting is wrong, missing, risky or outdated, or could not be loaded',
  hardware: 'a physical part is unwell: heat, power, fans, disks, arrays, memory modules, links',
  network: 'packets are lost, interfaces fail, names do not resolve, a path is cut, a line is full',
  security: 'an intrusion, a weakness, a violated policy, access that was not allowed',
  capacity: 'a quota, an overcommitment, an autoscaler or a limit of the platform is reached or will be',
  telemetry: 'the monitoring itself: scrapes, rules, remote write, notifications, shipped logs, exporters',
  informational: 'nothing is wrong: a watchdog, an inhibitor, a notice about cost or business',
} as const satisfies Record<string, string>;

const KEYS = Object.keys(ALERT_CLASSES) as [keyof typeof ALERT_CLASSES, ...(keyof typeof ALERT_CLASSES)[]];
export const AlertClass = z.enum(KEYS);
export type AlertClass = z.infer<typeof AlertClass>;

/** What an alert was recognised as. `unknown` is better than a wrong class. */
export const Recognition = z.object({
  class: z.union([AlertClass, z.literal('unknown')]),
  /** How far the first class is ahead of the second, of all that speaks for the first; 0 to 1. */
  margin: z.number().min(0).max(1),
  /** What spoke for the class, strongest first. */
  because: z.array(z.string()),
});
export type Recognition = z.infer<typeof Recognition>;

/** One alert of an incident, with what it was recognised as. */
export const RecognisedAlert = Recognition.extend({ name: z.string() });
export type RecognisedAlert = z.infer<typeof RecognisedAlert>;

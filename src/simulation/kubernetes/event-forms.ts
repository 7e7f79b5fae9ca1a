import type { KubeObject } from './objects.ts';
import { isRecord } from './objects.ts';
import { invalidObject } from './status-error.ts';

const TO_CORE: Readonly<Record<string, string>> = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedCount: 'count',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
};
const FROM_CORE: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(TO_CORE).map(([a, b]) => [b, a]));

function renamed(object: Record<string, unknown>, names: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [names[name] ?? name, value]));
}

/** Events are stored in their core form; the group events.k8s.io sees the same objects under newer names. */
export function toCoreEvent<T extends Record<string, unknown>>(object: T): T {
  return { ...renamed(object, TO_CORE), apiVersion: 'v1' } as unknown as T;
}

export function toNewEvent(object: KubeObject): KubeObject {
  return { ...renamed(object, FROM_CORE), apiVersion: 'events.k8s.io/v1' } as KubeObject;
}

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)$/;
const MAX_NOTE_BYTES = 1_024;

/** What events.k8s.io/v1 demands of a new event; the core API is lenient. */
export function checkNewEvent(event: Record<string, unknown>, name: string): void {
  const fail = (field: string, why: string): never => {
    throw invalidObject('Event.events.k8s.io', name, field, why);
  };
  const time = event['eventTime'];
  if (typeof time !== 'string' || !MICRO_TIME.test(time)) fail('eventTime', 'Required value: needs six decimals');
  for (const field of ['reportingController', 'reportingInstance', 'action', 'reason']) {
    if (typeof event[field] !== 'string' || event[field] === '') fail(field, 'Required value');
  }
  if (event['type'] !== 'Normal' && event['type'] !== 'Warning') fail('type', 'Invalid value: has invalid value');
  const note = event['note'];
  if (typeof note === 'string' && Buffer.byteLength(note) > MAX_NOTE_BYTES)
    fail('note', 'Invalid value: can have at most 1024 bytes');
  const { regarding, metadata } = event;
  const regardingNamespace = isRecord(regarding) ? regarding['namespace'] : undefined;
  const namespace = isRecord(metadata) ? metadata['namespace'] : undefined;
  if (regardingNamespace !== undefined && regardingNamespace !== namespace) {
    fail('involvedObject.namespace', 'Invalid value: does not match event.namespace');
  }
}

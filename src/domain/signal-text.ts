import type { Signal } from './signal.ts';

/** What is looked up and compared of a signal; a store keeps it beside the text. */
export type SignalHead = Pick<
  Signal,
  'dedupeKey' | 'occurrence' | 'status' | 'startedAt' | 'receivedAt' | 'incidentId'
>;

/** A signal of which all but the head is text already, as `signalText` writes it. */
export interface WrittenSignal extends SignalHead {
  readonly text: string;
}

/**
 * The rest of a signal, as the JSON that is stored. Not checked here, so that the thread of the HTTP door needs no schemas: who calls it has
 * text only, and lists of text by name. A test holds what intake writes against the schema.
 */
export function signalText({
  id,
  kind,
  name,
  labels,
  annotations,
  generatorUrl,
}: Omit<Signal, keyof SignalHead>): string {
  return JSON.stringify({ id, kind, name, labels, annotations, generatorUrl });
}

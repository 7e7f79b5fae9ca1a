import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { DOCUMENTS_PER_SLICE } from './breath.ts';
import type { Delivery } from './delivery.ts';

export interface EventsAnswer {
  readonly accepted: number;
  readonly refused: number;
  /** Why, of the first that was refused. */
  readonly reason?: string;
}

const NOT_JSON = 'not JSON: send an object, an array of objects, or one object in each line';
const NOT_AN_OBJECT = 'an event must be an object';

/**
 * Plain events: one JSON object, an array of them, or one in each line. What cannot be read is counted as refused and answered as taken: the
 * HTTP output of Logstash would send it again at once and for ever.
 */
export function eventDelivery(
  body: Uint8Array,
  { maxDocumentChars }: { maxDocumentChars: number },
): Delivery<EventsAnswer> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = bytes.toString('utf8');
  const broken = !isUtf8(bytes) && text.includes('\ufffd');
  let accepted = 0;
  let refused = 0;
  let reason: string | null = null;

  return {
    door: 'http',
    fingerprint: () => hash('sha256', body, 'base64'),
    *take(sink) {
      accepted = 0;
      refused = 0;
      reason = null;
      let at = 0;
      for (const event of eventsIn(text, maxDocumentChars)) {
        if (typeof event === 'object') {
          sink.count(event, broken);
          accepted += 1;
        } else {
          sink.refused();
          refused += 1;
          reason ??= event;
        }
        at += 1;
        if (at % DOCUMENTS_PER_SLICE === 0) yield;
      }
    },
    answer: () => ({ accepted, refused, ...(reason === null ? {} : { reason }) }),
  };
}

/** Each event, or why it is none. */
function* eventsIn(text: string, maxChars: number): Generator<object | string> {
  const whole = parsed(text);
  if (Array.isArray(whole)) {
    for (const item of whole as unknown[]) yield isObject(item) ? item : NOT_AN_OBJECT;
    return;
  }
  if (whole !== undefined) {
    yield isObject(whole) ? whole : NOT_AN_OBJECT;
    return;
  }
  let from = 0;
  while (from < text.length) {
    const end = text.indexOf('\n', from);
    const to = end === -1 ? text.length : end;
    const line = text.slice(from, to);
    from = to + 1;
    if (line.length < 16 && line.trim() === '') continue;
    const event = line.length > maxChars ? undefined : parsed(line);
    yield isObject(event) ? event : NOT_JSON;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { DOCUMENTS_PER_SLICE } from './breath.ts';
import { type BulkAction, planBulk } from './bulk-request.ts';
import type { Delivery, DocumentSink } from './delivery.ts';

export interface BulkOptions {
  /** Of the address: `/{index}/_bulk`. */
  readonly defaultIndex: string | null;
  /** Only status and error of each item were asked for. */
  readonly brief: boolean;
  readonly maxDocumentChars: number;
}

interface ItemError {
  readonly status: number;
  readonly type: string;
  readonly reason: string;
}

/**
 * A bulk body. Its answer has exactly as many items as there are actions, in their order: shippers read it by position, and take a batch for
 * sent when they cannot. Compact, for one of them looks for the very text `"errors":true`. Errors: body-malformed.
 */
export function bulkDelivery(body: Uint8Array, options: BulkOptions): Delivery<string> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = bytes.toString('utf8');
  const plan = planBulk(text, options.defaultIndex);
  const broken = !isUtf8(bytes);
  const items: string[] = [];
  let errors = false;

  function refuse(action: BulkAction, error: ItemError, sink: DocumentSink): string {
    errors = true;
    sink.refused();
    return itemText(action, error.status, options.brief, error);
  }

  function takeOne(action: BulkAction, at: number, sink: DocumentSink): string {
    if (action.index === null) return refuse(action, NO_INDEX, sink);
    if (action.kind === 'delete') {
      sink.deleted();
      return itemText(action, 200, options.brief);
    }
    const from = plan.places[at * 2] ?? 0;
    const to = plan.places[at * 2 + 1] ?? 0;
    if (to - from > options.maxDocumentChars) return refuse(action, tooLarge(options.maxDocumentChars), sink);
    const document = parseDocument(text.slice(from, to), action);
    if (document === null) return refuse(action, NOT_A_DOCUMENT, sink);
    if (action.id !== null && sink.isRepeat(action.index, action.id)) {
      if (action.kind !== 'create') return itemText(action, 200, options.brief);
      errors = true;
      return itemText(action, 409, options.brief, alreadyThere(action.id));
    }
    sink.count(document, broken && text.slice(from, to).includes('\ufffd'));
    return itemText(action, 201, options.brief);
  }

  return {
    door: 'bulk',
    fingerprint: () =>
      plan.actions.every(({ id, kind }) => id !== null || kind === 'delete') ? null : hash('sha256', body, 'base64'),
    *take(sink) {
      items.length = 0;
      errors = false;
      for (const [at, action] of plan.actions.entries()) {
        items.push(takeOne(action, at, sink));
        if ((at + 1) % DOCUMENTS_PER_SLICE === 0) yield;
      }
    },
    answer: () => `{"took":1,"errors":${errors},"items":[${items.join(',')}]}`,
  };
}

const NO_INDEX: ItemError = {
  status: 400,
  type: 'action_request_validation_exception',
  reason: 'Validation Failed: 1: index is missing;',
};
const NOT_A_DOCUMENT: ItemError = {
  status: 400,
  type: 'document_parsing_exception',
  reason: 'failed to parse: the document is not a JSON object',
};

// 400, for one shipper tries everything else again without end.
function tooLarge(maxChars: number): ItemError {
  return {
    status: 400,
    type: 'document_parsing_exception',
    reason: `failed to parse: the document is longer than ${maxChars} characters`,
  };
}

function alreadyThere(id: string): ItemError {
  return {
    status: 409,
    type: 'version_conflict_engine_exception',
    reason: `[${id}]: version conflict, document already exists (current version [1])`,
  };
}

function parseDocument(line: string, { kind }: BulkAction): object | null {
  const given = parsedObject(line);
  if (given === null || kind !== 'update') return given;
  for (const key of ['doc', 'upsert'] as const) {
    const inner: unknown = Object.hasOwn(given, key) ? (given as Record<string, unknown>)[key] : undefined;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) return inner;
  }
  return null;
}

function parsedObject(line: string): object | null {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

const RESULT: Readonly<Record<number, string>> = { 200: 'updated', 201: 'created' };
let generated = 0;

function itemText(action: BulkAction, status: number, brief: boolean, error?: ItemError): string {
  const failure =
    error === undefined
      ? ''
      : `,"error":{"type":${JSON.stringify(error.type)},"reason":${JSON.stringify(error.reason)}}`;
  if (brief) return `{"${action.kind}":{"status":${status}${failure}}}`;
  const id = action.id ?? `hale-${(generated += 1)}`;
  const result = action.kind === 'delete' ? 'deleted' : RESULT[status];
  const told = result === undefined ? '' : `,"_version":1,"result":"${result}"`;
  return `{"${action.kind}":{"_index":${JSON.stringify(action.index ?? '')},"_id":${JSON.stringify(id)}${told},"status":${status}${failure}}}`;
}

import { HaleError } from '../domain/errors.ts';

const BULK_ACTIONS = ['index', 'create', 'update', 'delete'] as const;
export type BulkActionKind = (typeof BULK_ACTIONS)[number];

export interface BulkAction {
  readonly kind: BulkActionKind;
  /** Null: neither the line nor the address names one. */
  readonly index: string | null;
  readonly id: string | null;
}

/** The structure of a bulk body: its actions in order, each with where its document is; a deletion has none. */
export interface BulkPlan {
  readonly actions: readonly BulkAction[];
  /** Two numbers for each action: where the document begins and ends in the text. */
  readonly places: readonly number[];
}

const MAX_NAME_CHARS = 1_024;

/**
 * Finds the actions of a newline-delimited body, with or without a newline at its end, and with CRLF too. Documents are not parsed. What cannot
 * be told apart makes the whole body `body-malformed`, as in Elasticsearch: after one wrong line nobody knows which line is what.
 */
export function planBulk(text: string, defaultIndex: string | null): BulkPlan {
  const actions: BulkAction[] = [];
  const places: number[] = [];
  // Shippers send the same action line for thousands of documents.
  let lastLine = '';
  let lastAction: BulkAction | null = null;
  let line = 0;
  let at = 0;
  while (at < text.length) {
    const end = endOfLine(text, at);
    line += 1;
    const action = text.slice(at, end);
    at = end + 1;
    if (isBlank(action)) continue;
    if (lastAction === null || action !== lastLine) {
      lastAction = readAction(action, defaultIndex, line);
      lastLine = action;
    }
    actions.push(lastAction);
    if (lastAction.kind === 'delete') {
      places.push(0, 0);
      continue;
    }
    if (at >= text.length) throw malformed(line, 'the document that should follow is missing');
    const documentEnd = endOfLine(text, at);
    line += 1;
    places.push(at, documentEnd);
    at = documentEnd + 1;
  }
  if (actions.length === 0) throw new HaleError('body-malformed', 'the body holds no action; send NDJSON');
  return { actions, places };
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

function isBlank(line: string): boolean {
  return line.length < 16 && line.trim() === '';
}

function readAction(line: string, defaultIndex: string | null, number: number): BulkAction {
  const parsed = parsedLine(line, number);
  const keys = Object.keys(parsed);
  const kind = BULK_ACTIONS.find((one) => one === keys[0]);
  if (keys.length !== 1 || kind === undefined) {
    throw malformed(number, `expected one of ${BULK_ACTIONS.join(', ')}`);
  }
  const meta: unknown = (parsed as Record<string, unknown>)[kind];
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) throw malformed(number, 'expected an object');
  return { kind, index: nameIn(meta, '_index', number) ?? defaultIndex, id: nameIn(meta, '_id', number) };
}

function parsedLine(line: string, number: number): object {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch {
    // Told below, without the parser's words: those quote the body.
  }
  throw malformed(number, 'expected an object in JSON');
}

function nameIn(meta: object, key: '_index' | '_id', number: number): string | null {
  if (!Object.hasOwn(meta, key)) return null;
  const value: unknown = (meta as Record<string, unknown>)[key];
  if (value === null || value === '') return null;
  const name = typeof value === 'number' ? String(value) : value;
  if (typeof name !== 'string' || name.length > MAX_NAME_CHARS) throw malformed(number, `${key} is not a name`);
  return name;
}

function malformed(line: number, what: string): HaleError {
  return new HaleError('body-malformed', `Malformed action/metadata line [${line}], ${what}`);
}

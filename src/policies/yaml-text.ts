import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type YAMLError } from 'yaml';

/** A YAML text that knows on which line (from 1) each of its values stands. */
export interface YamlText {
  /** Undefined when the text is not YAML. */
  readonly value: unknown;
  readonly errors: readonly { readonly line: number; readonly message: string }[];
  /** The line of the key at this path, or of the nearest parent that is there. */
  lineOf(path: readonly PropertyKey[]): number;
  valueAt(path: readonly PropertyKey[]): unknown;
}

/**
 * Reads exactly one document; a second one, a key written twice and an unknown tag are errors. So are aliases: they may multiply
 * without bound or run in circles, and no policy needs one.
 */
export function readYamlText(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true, prettyErrors: false });
  const errors = [...document.errors, ...document.warnings].map((error) => ({
    line: lines.linePos(error.pos[0]).line,
    message: errorText(error),
  }));
  visit(document, {
    Alias(_key, alias) {
      const { line } = lines.linePos(alias.range?.[0] ?? 0);
      errors.push({
        line,
        message: `found *${alias.source}; aliases are not read, write the value out (in quotes, if it is one)`,
      });
      return visit.BREAK;
    },
  });
  const value: unknown = errors.length === 0 ? document.toJS() : undefined;
  return {
    value,
    errors,
    lineOf: (path) => lines.linePos(offsetOf(document, path)).line || 1,
    valueAt: (path) => at(value, path),
  };
}

function errorText(error: YAMLError): string {
  if (error.code === 'MULTIPLE_DOCS') return 'more than one document; one file for each';
  if (error.code === 'DUPLICATE_KEY') return 'this key is written twice in the same place; keep one of them';
  return `not YAML: ${error.message.split('\n', 1)[0] ?? ''}`;
}

function at(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const step of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
      if (pair === undefined) return offset;
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (!isNode(node)) return offset;
      offset = node.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from 'yaml';

/** Where something stands in the file, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A YAML text that knows where each of its values stands. */
export interface YamlSource {
  readonly value: unknown;
  readonly problems: readonly { readonly place: Place; readonly message: string }[];
  /** The value at the path, or the key itself; the nearest parent that is there otherwise. */
  placeOf(path: readonly PropertyKey[], what: 'key' | 'value'): Place;
}

const START: Place = { line: 1, column: 1 };

export function readYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, strict: true });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    place: placeAt(error.pos[0]),
    message: describe(error),
  }));
  // Aliases multiply; a configuration needs few.
  const value: unknown = document.errors.length === 0 ? document.toJS({ maxAliasCount: 20 }) : undefined;
  return { value, problems, placeOf: (path, what) => offsetPlace(offsetOf(document, path, what), placeAt) };
}

function describe(error: YAMLError): string {
  if (error.code === 'DUPLICATE_KEY') return 'this key is written twice in the same place; keep one of them';
  if (error.code === 'MULTIPLE_DOCS') return 'more than one document; keep one, without a line of ---';
  if (error.code === 'BAD_ALIAS') return `${firstLine(error)}; a text that begins with * needs quotes, as in '*'`;
  return `not YAML: ${firstLine(error)}`;
}

function firstLine(error: YAMLError): string {
  return error.message.split('\n', 1)[0] ?? '';
}

function offsetPlace(offset: number | null, placeAt: (offset: number) => Place): Place {
  return offset === null ? START : placeAt(offset);
}

function startOf(node: unknown): number | null {
  return isNode(node) ? (node.range?.[0] ?? null) : null;
}

function offsetOf(document: Document, path: readonly PropertyKey[], what: 'key' | 'value'): number | null {
  let node: Node | null = document.contents;
  let offset = startOf(node);
  for (const [index, step] of path.entries()) {
    const last = index === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
      if (pair === undefined) return offset;
      const value = isNode(pair.value) ? pair.value : null;
      offset = (last && what === 'value' ? startOf(value) : startOf(pair.key)) ?? startOf(pair.key) ?? offset;
      node = value;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(step)];
      if (!isNode(item)) return offset;
      node = item;
      offset = startOf(item) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

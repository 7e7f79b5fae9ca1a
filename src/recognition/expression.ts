import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

export type CompareOp = '==' | '!=' | '>' | '<' | '>=' | '<=';

/**
 * What a metric does in the expression. `subject`: it is judged. `base`: the subject is divided by it or joined with it. `limit`: the subject
 * is compared with it. `guard`: it only says when the judgement counts.
 */
export type Role = 'subject' | 'base' | 'limit' | 'guard';

/** One selector of an alert's expression, with what is done to it. */
export interface Measure {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly negative: boolean; readonly value: string }[];
  /** Functions and aggregations around it, outermost first. */
  readonly functions: readonly string[];
  readonly role: Role;
  /** Its age is judged: it is subtracted from now, or now from it. */
  readonly age: boolean;
  /** It is divided by something, or something is subtracted from it. */
  readonly share: boolean;
  /** How it is compared; the bound is null where that is no constant. */
  readonly compared: { readonly op: CompareOp; readonly bound: number | null } | null;
}

export interface Expression {
  readonly measures: readonly Measure[];
  /** Nothing but constants, such as `vector(1)`: it always fires, or never. */
  readonly constant: boolean;
}

interface Place {
  readonly role: Role;
  readonly functions: readonly string[];
  readonly age: boolean;
  readonly share: boolean;
  readonly compared: Measure['compared'];
}

const TOP: Place = { role: 'subject', functions: [], age: false, share: false, compared: null };
/** Expressions are written by others: past these bounds the rest is not looked at. */
const MAX_LENGTH = 8_192;
const MAX_DEPTH = 100;
const MAX_MEASURES = 64;

/** Takes a PromQL expression apart. What cannot be parsed is passed over; nothing is thrown. */
export function takeApart(text: string): Expression {
  const cut = text.slice(0, MAX_LENGTH);
  const measures: Measure[] = [];
  const [top] = children(parser.parse(cut).topNode);
  if (top !== undefined) visit(top, TOP, { text: cut, measures, depth: 0 });
  return { measures, constant: top !== undefined && measures.length === 0 && !top.type.isError };
}

interface Walk {
  readonly text: string;
  readonly measures: Measure[];
  readonly depth: number;
}

function visit(node: SyntaxNode, place: Place, walk: Walk): void {
  if (walk.depth > MAX_DEPTH || walk.measures.length >= MAX_MEASURES) return;
  const deeper = { ...walk, depth: walk.depth + 1 };
  switch (node.name) {
    case 'VectorSelector':
      walk.measures.push({ ...selectorOf(node, walk.text), ...place });
      return;
    case 'FunctionCall':
    case 'AggregateExpr':
      visitCall(node, place, deeper);
      return;
    case 'BinaryExpr':
      visitBinary(node, place, deeper);
      return;
    default:
      for (const inner of children(node)) visit(inner, place, deeper);
  }
}

function visitCall(node: SyntaxNode, place: Place, walk: Walk): void {
  const name = node.firstChild === null ? '' : textOf(node.firstChild, walk.text).toLowerCase();
  const body = node.getChild('FunctionCallBody');
  if (body === null) return;
  const inner = { ...place, functions: [...place.functions, name] };
  for (const argument of children(body)) visit(argument, inner, walk);
}

function visitBinary(node: SyntaxNode, place: Place, walk: Walk): void {
  const parts = children(node);
  const [left, operator] = parts;
  const right = parts.at(-1);
  if (left === undefined || operator === undefined || right === undefined || right === operator) return;
  const op = textOf(operator, walk.text).toLowerCase();
  const guard: Place = { ...place, role: 'guard' };
  if (op === 'and' || op === 'unless') {
    const swap = op === 'and' && isPresence(left, walk.text) && !isPresence(right, walk.text);
    visit(left, swap ? guard : place, walk);
    visit(right, swap ? place : guard, walk);
  } else if (isComparison(op)) {
    visitComparison(left, op, right, place, walk);
  } else if (op === '-' && (isNow(left, walk.text) || isNow(right, walk.text))) {
    visit(isNow(left, walk.text) ? right : left, { ...place, age: true }, walk);
  } else if (op === '/' || op === '*') {
    const counts = measured(left);
    visit(left, { ...place, share: place.share || (op === '/' && counts && measured(right)) }, walk);
    visit(right, counts && place.role !== 'guard' ? { ...place, role: 'base' } : place, walk);
  } else {
    visit(left, { ...place, share: place.share || (op === '-' && measured(right)) }, walk);
    visit(right, place, walk);
  }
}

function visitComparison(left: SyntaxNode, op: CompareOp, right: SyntaxNode, place: Place, walk: Walk): void {
  if (!measured(left)) {
    visit(right, { ...place, compared: { op: FLIPPED[op], bound: constantOf(left, walk.text) } }, walk);
    return;
  }
  visit(left, { ...place, compared: { op, bound: constantOf(right, walk.text) } }, walk);
  visit(right, { ...place, role: place.role === 'subject' ? 'limit' : place.role }, walk);
}

const FLIPPED: Readonly<Record<CompareOp, CompareOp>> = {
  '==': '==',
  '!=': '!=',
  '>': '<',
  '<': '>',
  '>=': '<=',
  '<=': '>=',
};

function isComparison(op: string): op is CompareOp {
  return Object.hasOwn(FLIPPED, op);
}

/** `x > 0` and `x > 1`: only says that there is something. */
function isPresence(node: SyntaxNode, text: string): boolean {
  const bare = unwrapped(node);
  if (bare.name !== 'BinaryExpr') return false;
  const parts = children(bare);
  const last = parts.at(-1);
  if (parts[1] === undefined || last === undefined || textOf(parts[1], text) !== '>') return false;
  const bound = constantOf(last, text);
  return bound === 0 || bound === 1;
}

function isNow(node: SyntaxNode, text: string): boolean {
  return /^\(*time\(\s*\)\)*$/.test(textOf(node, text).trim());
}

function measured(node: SyntaxNode): boolean {
  let found = false;
  node.cursor().iterate((inner) => {
    if (inner.name === 'VectorSelector') found = true;
    return !found;
  });
  return found;
}

/** The value of an arithmetic of constants; null for anything else. */
function constantOf(node: SyntaxNode, text: string, depth = 0): number | null {
  const bare = unwrapped(node);
  if (bare.name === 'NumberDurationLiteral') {
    const value = Number(textOf(bare, text));
    return Number.isNaN(value) ? null : value;
  }
  if (bare.name === 'UnaryExpr' && bare.lastChild !== null) {
    const inner = constantOf(bare.lastChild, text, depth + 1);
    return inner === null || !textOf(bare, text).startsWith('-') ? inner : -inner;
  }
  if (bare.name !== 'BinaryExpr' || depth > 20) return null;
  const [left, operator, right] = children(bare);
  if (left === undefined || operator === undefined || right === undefined) return null;
  const [a, b] = [constantOf(left, text, depth + 1), constantOf(right, text, depth + 1)];
  if (a === null || b === null) return null;
  switch (textOf(operator, text)) {
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '+':
      return a + b;
    case '-':
      return a - b;
    default:
      return null;
  }
}

function unwrapped(node: SyntaxNode): SyntaxNode {
  let bare = node;
  while (bare.name === 'ParenExpr' && bare.firstChild !== null) bare = bare.firstChild;
  return bare;
}

function selectorOf(node: SyntaxNode, text: string): Pick<Measure, 'metric' | 'matchers'> {
  const name = node.getChild('Identifier');
  let metric = name === null ? '' : textOf(name, text);
  const matchers: { label: string; negative: boolean; value: string }[] = [];
  const list = node.getChild('LabelMatchers');
  for (const item of list === null ? [] : children(list)) {
    const [label, op, value] = children(item);
    if (label === undefined) continue;
    const labelName = unquoted(textOf(label, text));
    if (op === undefined || value === undefined) {
      if (metric === '') metric = labelName;
      continue;
    }
    const entry = {
      label: labelName,
      negative: textOf(op, text).startsWith('!'),
      value: unquoted(textOf(value, text)),
    };
    if (labelName === '__name__' && metric === '' && !entry.negative) metric = entry.value;
    else matchers.push(entry);
  }
  return { metric, matchers };
}

function unquoted(text: string): string {
  return /^["'`]/.test(text) ? text.slice(1, -1) : text;
}

function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'LineComment') found.push(child);
  }
  return found;
}

function textOf(node: SyntaxNode, text: string): string {
  return text.slice(node.from, node.to);
}

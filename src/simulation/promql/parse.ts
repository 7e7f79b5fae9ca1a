import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { Matcher, MatchType } from '../tsdb/labels.ts';
import { createMatcher, METRIC_NAME } from '../tsdb/labels.ts';
import type { Binary, Expr, Grouping, Matching, TimeShift, ValueType, VectorSelector } from './ast.ts';
import { COMPARISONS, SET_OPERATORS } from './ast.ts';
import { PromqlError } from './error.ts';
import { AGGREGATIONS, SIGNATURES } from './functions-table.ts';
import { parseDurationMs, parseNumber, unquote } from './literals.ts';

const TYPE_NAMES: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  string: 'string',
  vector: 'instant vector',
  matrix: 'range vector',
};

/** Parses and type-checks. Throws a PromqlError of type `bad_data` that names place and reason. */
export function parsePromql(text: string): Expr {
  if (text.trim() === '') throw new PromqlError('bad_data', 'parse error: no expression found in input');
  const tree = parser.parse(text);
  tree.iterate({
    enter(node) {
      if (!node.type.isError) return;
      const called = text[node.from] === '(' ? /([a-zA-Z_]\w*)\s*$/.exec(text.slice(0, node.from))?.[1] : undefined;
      if (called !== undefined) throw fail(text, node.from, unknownFunction(called));
      throw fail(text, node.from, `unexpected ${describe(text, node.from, node.to)}`);
    },
  });
  const top = tree.topNode.firstChild;
  if (top === null) throw fail(text, 0, 'no expression found in input');
  const expr = convert(top, text);
  typeOf(expr);
  return expr;
}

function unknownFunction(name: string): string {
  return `function "${name}" is unknown to the simulated Prometheus`;
}

function describe(text: string, from: number, to: number): string {
  const found = text.slice(from, Math.max(to, from + 1)).trim();
  return found === '' ? 'end of input' : JSON.stringify(found.slice(0, 40));
}

function fail(text: string, at: number, reason: string): PromqlError {
  const before = text.slice(0, at).split('\n');
  return new PromqlError('bad_data', `${before.length}:${(before.at(-1)?.length ?? 0) + 1}: parse error: ${reason}`);
}

function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'LineComment') found.push(child);
  }
  return found;
}

function child(node: SyntaxNode, name: string): SyntaxNode | undefined {
  return node.getChild(name) ?? undefined;
}

function convert(node: SyntaxNode, text: string): Expr {
  const own = text.slice(node.from, node.to);
  switch (node.name) {
    case 'NumberDurationLiteral': {
      const value = parseNumber(own);
      if (value === undefined) throw fail(text, node.from, `bad number ${JSON.stringify(own)}`);
      return { kind: 'number', value };
    }
    case 'StringLiteral':
      return { kind: 'string', value: unquote(own) };
    case 'ParenExpr':
      return convert(node.firstChild as SyntaxNode, text);
    case 'UnaryExpr': {
      const inner = convert(node.lastChild as SyntaxNode, text);
      return own.startsWith('-') ? { kind: 'negation', inner } : inner;
    }
    case 'VectorSelector':
      return convertSelector(node, text);
    case 'MatrixSelector': {
      const vector = convert(node.firstChild as SyntaxNode, text);
      if (vector.kind !== 'vector-selector') throw fail(text, node.from, 'ranges only allowed for vector selectors');
      return { kind: 'matrix-selector', vector, rangeMs: positiveMs(child(node, 'DurationExpr'), text) };
    }
    case 'SubqueryExpr': {
      const [range, step] = node.getChildren('DurationExpr');
      const stepMs = step === undefined ? undefined : positiveMs(step, text);
      const inner = convert(node.firstChild as SyntaxNode, text);
      return { kind: 'subquery', inner, rangeMs: positiveMs(range, text), stepMs, time: { offsetMs: 0 } };
    }
    case 'OffsetExpr': {
      const offset = child(node, 'OffsetDurationExpr');
      const offsetMs = offset === undefined ? undefined : signedMs(text.slice(offset.from, offset.to));
      if (offsetMs === undefined) throw fail(text, node.from, 'an offset must be a duration literal such as 5m');
      return shift(convert(node.firstChild as SyntaxNode, text), { offsetMs }, node, text);
    }
    case 'StepInvariantExpr':
      return shift(convert(node.firstChild as SyntaxNode, text), { at: convertAt(node, text) }, node, text);
    case 'FunctionCall':
      return convertCall(node, text);
    case 'AggregateExpr':
      return convertAggregation(node, text);
    case 'BinaryExpr':
      return convertBinary(node, text);
    default:
      throw fail(text, node.from, `the simulated Prometheus does not support ${node.name}`);
  }
}

function positiveMs(node: SyntaxNode | undefined, text: string): number {
  const literal = node === undefined ? '' : text.slice(node.from, node.to);
  const ms = parseDurationMs(literal);
  if (ms === undefined)
    throw fail(text, node?.from ?? 0, `bad duration ${JSON.stringify(literal)}, write for example 5m`);
  if (ms <= 0) throw fail(text, node?.from ?? 0, 'duration must be greater than 0');
  return ms;
}

function signedMs(literal: string): number | undefined {
  const negative = literal.startsWith('-');
  const ms = parseDurationMs(literal.replace(/^[+-]\s*/, ''));
  return ms === undefined ? undefined : negative ? -ms : ms;
}

function convertAt(node: SyntaxNode, text: string): number | 'start' | 'end' {
  const special = child(node, 'AtModifierPreprocessors');
  if (special !== undefined) return text.slice(special.from).startsWith('start') ? 'start' : 'end';
  const last = node.lastChild as SyntaxNode;
  const sign = text.slice(0, last.from).trimEnd().endsWith('-') ? -1 : 1;
  const seconds = parseNumber(text.slice(last.from, last.to));
  if (seconds === undefined || !Number.isFinite(seconds)) throw fail(text, node.from, 'bad time after @');
  return sign * seconds * 1_000;
}

function shift(expr: Expr, change: Partial<TimeShift>, node: SyntaxNode, text: string): Expr {
  if (expr.kind === 'vector-selector' || expr.kind === 'subquery')
    return { ...expr, time: { ...expr.time, ...change } };
  if (expr.kind === 'matrix-selector') {
    return { ...expr, vector: { ...expr.vector, time: { ...expr.vector.time, ...change } } };
  }
  throw fail(text, node.from, 'offset and @ must follow a selector or a subquery');
}

function convertSelector(node: SyntaxNode, text: string): VectorSelector {
  const matchers: Matcher[] = [];
  const name = child(node, 'Identifier');
  if (name !== undefined) matchers.push(createMatcher(METRIC_NAME, '=', text.slice(name.from, name.to)));
  const list = child(node, 'LabelMatchers');
  for (const item of list === undefined ? [] : children(list)) {
    const parts = children(item);
    const first = parts[0] as SyntaxNode;
    const firstText = text.slice(first.from, first.to);
    if (parts.length === 1) {
      if (name !== undefined) throw fail(text, item.from, 'metric name must not be set twice');
      matchers.push(createMatcher(METRIC_NAME, '=', unquote(firstText)));
      continue;
    }
    const type = text.slice(parts[1]?.from, parts[1]?.to) as MatchType;
    const value = unquote(text.slice(parts[2]?.from, parts[2]?.to));
    const label = /^["'`]/.test(firstText) ? unquote(firstText) : firstText;
    if (label === METRIC_NAME && name !== undefined) throw fail(text, item.from, 'metric name must not be set twice');
    try {
      matchers.push(createMatcher(label, type, value));
    } catch {
      throw fail(text, item.from, `bad regular expression ${JSON.stringify(value)}`);
    }
  }
  if (matchers.every((matcher) => matcher.matches(''))) {
    throw fail(text, node.from, 'vector selector must contain at least one non-empty matcher');
  }
  return { kind: 'vector-selector', matchers, time: { offsetMs: 0 } };
}

function convertArgs(node: SyntaxNode, text: string): Expr[] {
  const body = child(node, 'FunctionCallBody');
  return body === undefined ? [] : children(body).map((arg) => convert(arg, text));
}

function convertCall(node: SyntaxNode, text: string): Expr {
  const identifier = node.firstChild as SyntaxNode;
  const name = text.slice(identifier.from, identifier.to);
  if (!SIGNATURES.has(name)) {
    throw fail(text, node.from, unknownFunction(name));
  }
  return { kind: 'call', name, args: convertArgs(node, text) };
}

function convertAggregation(node: SyntaxNode, text: string): Expr {
  const operator = node.firstChild as SyntaxNode;
  const op = text.slice(operator.from, operator.to).toLowerCase();
  const known = AGGREGATIONS.get(op);
  if (known === undefined) throw fail(text, node.from, `aggregation "${op}" is unknown to the simulated Prometheus`);
  const args = convertArgs(node, text);
  const wanted = known.param === undefined ? 1 : 2;
  const inner = args.at(-1);
  if (args.length !== wanted || inner === undefined) {
    throw fail(
      text,
      node.from,
      `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
    );
  }
  const modifier = child(node, 'AggregateModifier');
  const grouping: Grouping = {
    without: modifier !== undefined && child(modifier, 'Without') !== undefined,
    labels: modifier === undefined ? [] : groupingLabels(child(modifier, 'GroupingLabels'), text),
  };
  return { kind: 'aggregation', op, param: wanted === 2 ? args[0] : undefined, inner, grouping };
}

function groupingLabels(node: SyntaxNode | undefined, text: string): string[] {
  if (node === undefined) return [];
  return children(node).map((label) => {
    const own = text.slice(label.from, label.to);
    return /^["'`]/.test(own) ? unquote(own) : own;
  });
}

function convertBinary(node: SyntaxNode, text: string): Expr {
  const parts = children(node);
  const [leftNode, operator] = parts as [SyntaxNode, SyntaxNode];
  const op = text.slice(operator.from, operator.to).toLowerCase();
  const clause = child(node, 'MatchingModifierClause');
  const bool = child(node, 'BoolModifier') !== undefined;
  for (const part of parts.slice(2, -1)) {
    if (part.name === 'BoolModifier' || part.name === 'MatchingModifierClause') continue;
    throw fail(text, part.from, `the simulated Prometheus does not support ${part.name}`);
  }
  const matching = convertMatching(clause, text);
  const left = convert(leftNode, text);
  const right = convert(parts.at(-1) as SyntaxNode, text);
  if (bool && !COMPARISONS.has(op))
    throw fail(text, operator.from, 'bool modifier can only be used on comparison operators');
  if (SET_OPERATORS.has(op) && matching.card !== 'one-to-one') {
    throw fail(text, operator.from, `no grouping allowed for "${op}" operation`);
  }
  const binary: Binary = { kind: 'binary', op, left, right, bool, matching };
  // The grammar takes a sign as part of a number, Prometheus does not: -2 ^ 2 is -4.
  if (
    op !== '^' ||
    leftNode.name !== 'NumberDurationLiteral' ||
    text[leftNode.from] !== '-' ||
    left.kind !== 'number'
  ) {
    return binary;
  }
  return { kind: 'negation', inner: { ...binary, left: { kind: 'number', value: -left.value } } };
}

function convertMatching(clause: SyntaxNode | undefined, text: string): Matching {
  const matching: Matching = { on: false, labels: [], card: 'one-to-one', include: [] };
  if (clause === undefined) return matching;
  let including = false;
  for (const part of children(clause)) {
    if (part.name === 'On') matching.on = true;
    if (part.name === 'GroupLeft') matching.card = 'many-to-one';
    if (part.name === 'GroupRight') matching.card = 'one-to-many';
    if (part.name === 'GroupLeft' || part.name === 'GroupRight') including = true;
    if (part.name !== 'GroupingLabels') continue;
    const labels = groupingLabels(part, text);
    if (including) matching.include = labels;
    else matching.labels = labels;
  }
  const doubled = matching.on ? matching.include.find((label) => matching.labels.includes(label)) : undefined;
  if (doubled !== undefined) {
    throw fail(text, clause.from, `label "${doubled}" must not occur in ON and GROUP clause at once`);
  }
  return matching;
}

function expect(found: ValueType, wanted: ValueType, where: string): void {
  if (found === wanted) return;
  throw new PromqlError(
    'bad_data',
    `parse error: expected type ${TYPE_NAMES[wanted]} in ${where}, got ${TYPE_NAMES[found]}`,
  );
}

/** The static type of an expression; throws where the parts do not fit together. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vector-selector':
      return 'vector';
    case 'matrix-selector':
      return 'matrix';
    case 'subquery':
      expect(typeOf(expr.inner), 'vector', 'subquery');
      return 'matrix';
    case 'negation': {
      const inner = typeOf(expr.inner);
      if (inner === 'scalar' || inner === 'vector') return inner;
      throw new PromqlError(
        'bad_data',
        `parse error: unary expression only allowed on expressions of type scalar or instant vector, got ${TYPE_NAMES[inner]}`,
      );
    }
    case 'aggregation': {
      const param = AGGREGATIONS.get(expr.op)?.param;
      if (param !== undefined && expr.param !== undefined) expect(typeOf(expr.param), param, 'aggregation parameter');
      expect(typeOf(expr.inner), 'vector', 'aggregation expression');
      return 'vector';
    }
    case 'call':
      return typeOfCall(expr.name, expr.args);
    case 'binary':
    default:
      return typeOfBinary(expr);
  }
}

function typeOfCall(name: string, args: readonly Expr[]): ValueType {
  const signature = SIGNATURES.get(name);
  if (signature === undefined) throw new PromqlError('bad_data', `parse error: unknown function "${name}"`);
  const most = signature.args.length;
  const least = most - Math.abs(signature.optional);
  if (args.length < least || (args.length > most && signature.optional !== -1)) {
    throw new PromqlError(
      'bad_data',
      `parse error: expected ${most} argument(s) in call to "${name}", got ${args.length}`,
    );
  }
  for (const [at, arg] of args.entries()) {
    expect(typeOf(arg), signature.args[Math.min(at, most - 1)] as ValueType, `call to function "${name}"`);
  }
  return signature.returns;
}

function typeOfBinary(expr: Extract<Expr, { kind: 'binary' }>): ValueType {
  const left = typeOf(expr.left);
  const right = typeOf(expr.right);
  for (const type of [left, right]) {
    if (type !== 'scalar' && type !== 'vector') {
      throw new PromqlError(
        'bad_data',
        `parse error: binary expression must contain only scalar and instant vector types`,
      );
    }
  }
  const scalars = left === 'scalar' && right === 'scalar';
  if (COMPARISONS.has(expr.op) && scalars && !expr.bool) {
    throw new PromqlError('bad_data', 'parse error: comparisons between scalars must use BOOL modifier');
  }
  if (SET_OPERATORS.has(expr.op) && (left === 'scalar' || right === 'scalar')) {
    throw new PromqlError('bad_data', `parse error: set operator "${expr.op}" not allowed in binary scalar expression`);
  }
  return scalars ? 'scalar' : 'vector';
}

import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import type { Cause } from '../domain/finding.ts';
import type { WorkloadView } from '../ports/cluster.ts';

/** What a condition may name; shown to who wrote another name. */
export const CONDITION_NAMES =
  'cause.reason, cause.confidence, cause.figures (by name), subject.namespace, subject.kind, subject.name, ' +
  'workload.replicas, workload.labels, workload.annotations, workload.containers (their names)';

/** What `when` is decided on. */
export interface ConditionInput {
  readonly cause: Pick<Cause, 'reason' | 'confidence' | 'figures' | 'subject'>;
  readonly workload: Pick<WorkloadView, 'replicas' | 'labels' | 'annotations' | 'containers'>;
}

/** Fails closed: an error while it runs is no match, and says so. */
export type ConditionResult = { readonly holds: true } | { readonly holds: false; readonly why: string };

export type Condition = (input: ConditionInput) => ConditionResult;

export type CompiledCondition =
  | { readonly ok: true; readonly condition: Condition }
  /** `column` counts from 1 within the expression. */
  | { readonly ok: false; readonly column: number; readonly message: string };

/**
 * Compiles a CEL expression against the declared names, types checked. Refused besides what CEL refuses: anything that is not true or
 * false, and `matches`, whose regular expressions may take unbounded time on a label that somebody else has written.
 */
export function compileCondition(expression: string): CompiledCondition {
  const environment = declared();
  const checked = environment.check(expression);
  if (!checked.valid) {
    const start = checked.error?.range?.start ?? 0;
    const summary = checked.error?.summary ?? 'it cannot be read';
    return { ok: false, column: start + 1, message: `${summary}; a condition may name: ${CONDITION_NAMES}` };
  }
  if (checked.type !== 'bool') {
    return { ok: false, column: 1, message: `it gives ${checked.type ?? 'no type'}; a condition gives true or false` };
  }
  const parsed = environment.parse(expression);
  const forbidden = findCall(parsed.ast, 'matches');
  if (forbidden !== null) {
    const instead = 'startsWith, endsWith, contains, == or in';
    return { ok: false, column: forbidden.start + 1, message: `matches is not allowed; use ${instead}` };
  }
  return { ok: true, condition: (input) => decided(expression, () => parsed(contextOf(input)) as unknown) };
}

function declared(): Environment {
  return new Environment({ limits: { maxAstNodes: 500, maxDepth: 40 } })
    .registerVariable({
      name: 'cause',
      schema: { reason: 'string', confidence: 'double', figures: 'map<string, double>' },
    })
    .registerVariable({ name: 'subject', schema: { namespace: 'string', kind: 'string', name: 'string' } })
    .registerVariable({
      name: 'workload',
      schema: {
        replicas: 'int',
        labels: 'map<string, string>',
        annotations: 'map<string, string>',
        containers: 'list<string>',
      },
    });
}

function contextOf({ cause, workload }: ConditionInput): Record<string, unknown> {
  const { namespace, kind, name } = cause.subject;
  return {
    cause: { reason: cause.reason, confidence: cause.confidence, figures: cause.figures },
    subject: { namespace, kind, name },
    workload: {
      // A kind without replicas has no such key: naming it is an error, and no match.
      ...(workload.replicas === null ? {} : { replicas: BigInt(workload.replicas) }),
      labels: workload.labels,
      annotations: workload.annotations,
      containers: workload.containers.map((container) => container.name),
    },
  };
}

function decided(expression: string, evaluate: () => unknown): ConditionResult {
  try {
    if (evaluate() === true) return { holds: true };
    return { holds: false, why: `its condition does not hold: ${expression}` };
  } catch (error) {
    const summary = error instanceof Error && 'summary' in error ? String(error.summary) : 'error';
    return { holds: false, why: `its condition failed (${summary}): ${expression}` };
  }
}

function findCall(node: ASTNode, name: string): { readonly start: number } | null {
  if ((node.op === 'call' || node.op === 'rcall') && node.args[0] === name) return node;
  return (
    nodesIn(node.args)
      .map((inner) => findCall(inner, name))
      .find((found) => found !== null) ?? null
  );
}

function nodesIn(value: unknown): ASTNode[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  return typeof value === 'object' && value !== null && 'op' in value ? [value as ASTNode] : [];
}

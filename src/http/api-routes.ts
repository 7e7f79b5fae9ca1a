import { z } from 'zod';
import { CallGraph } from '../domain/call-graph.ts';
import { HaleError } from '../domain/errors.ts';
import { Evidence } from '../domain/evidence.ts';
import { Mode } from '../domain/mode.ts';
import { ObligationKind } from '../domain/obligation.ts';
import { Phase } from '../domain/phase.ts';
import type { Operations } from '../operations/index.ts';
import {
  AnswerResult,
  AutonomyResult,
  FreezeView,
  IncidentDossier,
  IncidentList,
  IncidentWhy,
  ObligationList,
  SkillAnswer,
  StatusReport,
} from '../operations/results.ts';
import type { Caller, Role } from './api-tokens.ts';

/** What a route is given; each part parsed by the route's own schema. */
interface Given<Q, B> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Q;
  readonly body: B;
  readonly caller: Caller;
}

interface RouteDefinition<Q, B, R> {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  /** One line for the reference. */
  readonly does: string;
  readonly role: Role;
  readonly query: z.ZodType<Q>;
  readonly body: z.ZodType<B>;
  readonly answer: z.ZodType<R>;
  run(operations: Operations, given: Given<Q, B>): Promise<R>;
}

/** The erased form: parses what comes in, and what goes out, so that nothing leaves that its schema does not name. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly does: string;
  readonly role: Role;
  readonly query: z.ZodType;
  readonly body: z.ZodType;
  readonly answer: z.ZodType;
  run(operations: Operations, given: Given<unknown, unknown>): Promise<unknown>;
}

function route<Q, B, R>(definition: RouteDefinition<Q, B, R>): ApiRoute {
  const { query, body, answer } = definition;
  return {
    ...definition,
    async run(operations, given) {
      const result = await definition.run(operations, {
        ...given,
        query: parsed(query, given.query, 'usage-invalid', 'query'),
        body: parsed(body, given.body, 'body-malformed', 'body'),
      });
      return answer.parse(result);
    },
  };
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, code: 'usage-invalid' | 'body-malformed', where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${[where, ...path].join('.')}: ${message}`);
  throw new HaleError(code, issues.join('; '));
}

const Nothing = z.unknown().transform(() => undefined);
const NoQuery = z.strictObject({});
const Limit = z.coerce.number().int().min(1).max(1_000).default(100);
const Flag = z.enum(['true', 'false']).transform((word) => word === 'true');
const Said = z.string().max(500);
const Name = z.string().min(1).max(253);

/** Every route of the API but `POST /api/v1/alerts`, which has its own plug-in. */
export const API_ROUTES: readonly ApiRoute[] = [
  route({
    method: 'GET',
    path: '/api/v1/incidents',
    does: 'incidents, newest first',
    role: 'viewer',
    query: z.strictObject({
      phase: z.union([Phase.transform((phase) => [phase]), z.array(Phase)]).optional(),
      open: Flag.default(false),
      limit: Limit,
    }),
    body: Nothing,
    answer: IncidentList,
    run: (operations, { query }) =>
      operations.listIncidents({ phases: query.phase, openOnly: query.open, limit: query.limit }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/incidents/:id',
    does: 'one incident with everything that belongs to it',
    role: 'viewer',
    query: NoQuery,
    body: Nothing,
    answer: IncidentDossier,
    run: (operations, { params }) => operations.showIncident(params.id ?? ''),
  }),
  route({
    method: 'GET',
    path: '/api/v1/incidents/:id/why',
    does: 'why it stands where it stands: policy by policy, gate by gate',
    role: 'viewer',
    query: NoQuery,
    body: Nothing,
    answer: IncidentWhy,
    run: (operations, { params }) => operations.whyIncident(params.id ?? ''),
  }),
  route({
    method: 'GET',
    path: '/api/v1/incidents/:id/evidence/:evidenceId',
    does: 'one piece of evidence with its body',
    role: 'viewer',
    query: NoQuery,
    body: Nothing,
    answer: Evidence,
    run: (operations, { params }) => operations.showEvidence(params.id ?? '', params.evidenceId ?? ''),
  }),
  route({
    method: 'POST',
    path: '/api/v1/incidents/:id/answer',
    does: 'answers the plan with this digest: approved or refused',
    role: 'approver',
    query: NoQuery,
    body: z.strictObject({
      digest: z.string().max(64),
      answer: z.enum(['approved', 'refused']),
      reason: Said.optional(),
    }),
    answer: AnswerResult,
    run: (operations, { params, body, caller }) =>
      operations.answerPlan({ ...body, incidentId: params.id ?? '', by: caller.name }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/freeze',
    does: 'whether Hale is frozen, by whom and why',
    role: 'viewer',
    query: NoQuery,
    body: Nothing,
    answer: FreezeView,
    run: (operations) => operations.freezeState(),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/freeze',
    does: 'freezes or unfreezes',
    role: 'operator',
    query: NoQuery,
    body: z.strictObject({ frozen: z.boolean(), reason: Said.default('') }),
    answer: FreezeView,
    run: (operations, { body, caller }) => operations.changeFreeze({ ...body, by: caller.name }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/autonomy',
    does: 'lowers what a policy may do in a namespace; never raises it',
    role: 'operator',
    query: NoQuery,
    body: z.strictObject({ policyId: Name, namespace: Name, mode: Mode, reason: Said.default('') }),
    answer: AutonomyResult,
    run: (operations, { body, caller }) => operations.lowerAutonomy({ ...body, by: caller.name }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/obligations',
    does: 'what Hale still owes, by due time',
    role: 'viewer',
    query: z.strictObject({ open: Flag.default(true), kind: ObligationKind.optional(), limit: Limit }),
    body: Nothing,
    answer: ObligationList,
    run: (operations, { query }) =>
      operations.listObligations({ openOnly: query.open, kind: query.kind, limit: query.limit }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/topology',
    does: 'who calls whom now, and how that is known',
    role: 'viewer',
    query: z.strictObject({ namespace: Name.optional() }),
    body: Nothing,
    answer: CallGraph,
    run: (operations, { query }) => operations.showTopology(query.namespace),
  }),
  route({
    method: 'POST',
    path: '/api/v1/skills/:id',
    does: 'runs a skill, which only reads, and answers what it found',
    role: 'viewer',
    query: NoQuery,
    body: z.record(z.string(), z.unknown()),
    answer: SkillAnswer,
    run: (operations, { params, body }) => operations.runSkill(params.id ?? '', body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/status',
    does: 'phases, freeze, store, cluster cache, obligations',
    role: 'viewer',
    query: NoQuery,
    body: Nothing,
    answer: StatusReport,
    run: (operations) => operations.status(),
  }),
];

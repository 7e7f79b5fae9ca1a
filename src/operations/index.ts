import type { CallGraph } from '../domain/call-graph.ts';
import type { Evidence } from '../domain/evidence.ts';
import { answerPlan, type PlanAnswer } from './answer-plan.ts';
import type { OperationsDeps } from './deps.ts';
import type {
  AnswerResult,
  AutonomyResult,
  FreezeView,
  IncidentDossier,
  IncidentList,
  IncidentWhy,
  ObligationList,
  Readiness,
  SkillAnswer,
  StatusReport,
} from './results.ts';
import { type IncidentQuery, listIncidents, showEvidence, showIncident } from './show-incidents.ts';
import { checkReadiness, listObligations, type ObligationQuery, reportStatus } from './status.ts';
import { type AutonomyChange, changeFreeze, type FreezeChange, freezeState, lowerAutonomy } from './switches.ts';
import { whyIncident } from './why-incident.ts';

/** What the doors can ask for. Incidents may be named by a unique beginning of their id. */
export interface Operations {
  listIncidents(query: IncidentQuery): Promise<IncidentList>;
  showIncident(id: string): Promise<IncidentDossier>;
  showEvidence(incidentId: string, evidenceId: string): Promise<Evidence>;
  whyIncident(id: string): Promise<IncidentWhy>;
  answerPlan(answer: PlanAnswer): Promise<AnswerResult>;
  freezeState(): Promise<FreezeView>;
  changeFreeze(change: FreezeChange): Promise<FreezeView>;
  lowerAutonomy(change: AutonomyChange): Promise<AutonomyResult>;
  listObligations(query: ObligationQuery): Promise<ObligationList>;
  /** Who calls whom now; of one namespace or of all. */
  showTopology(namespace?: string): Promise<CallGraph>;
  runSkill(id: string, input: unknown): Promise<SkillAnswer>;
  status(): Promise<StatusReport>;
  readiness(): Promise<Readiness>;
}

export function createOperations(deps: OperationsDeps): Operations {
  const inTurn = createTurns();
  return {
    listIncidents: (query) => listIncidents(deps, query),
    showIncident: (id) => showIncident(deps, id),
    showEvidence: (incidentId, evidenceId) => showEvidence(deps, incidentId, evidenceId),
    whyIncident: (id) => whyIncident(deps, id),
    answerPlan: (answer) => answerPlan(deps, answer),
    freezeState: () => freezeState(deps),
    changeFreeze: (change) => changeFreeze(deps, change),
    // One after the other: each compares with what is in force before it writes.
    lowerAutonomy: (change) => inTurn(() => lowerAutonomy(deps, change)),
    listObligations: (query) => listObligations(deps, query),
    showTopology: (namespace) => deps.callGraph(namespace === undefined ? undefined : [namespace]),
    runSkill: (id, input) => deps.runSkill(id, input),
    status: () => reportStatus(deps),
    readiness: () => checkReadiness(deps),
  };
}

/** Runs what it is given one at a time, in the order in which it came. */
function createTurns(): <T>(run: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const mine = last.then(run);
    last = mine.catch(() => undefined);
    return mine;
  };
}

import { HaleError, isHaleError } from '../domain/errors.ts';
import type { Incident } from '../domain/incident.ts';
import type { Intent, IntentDirection, IntentOutcome } from '../domain/intent.ts';
import type { Plan } from '../domain/plan.ts';
import type { Reservation } from '../domain/verdict.ts';
import type { ActContext } from '../plugin/context.ts';
import type { Remediation } from '../plugin/remediation.ts';
import type { Scene } from './scene.ts';

/** The outcome is not kept waiting for an Event longer than this. */
const EVENT_TIMEOUT_MS = 3_000;
/** After the deadline of an intent, a cluster that cannot be asked is waited for so long; then the outcome is unknown and a person's. */
const LOOK_PATIENCE_MS = 5 * 60_000;

/** What became of an action. Only `unsettled` is not final: nobody knows yet, and it is looked at again. */
export type ActionResult =
  | { readonly kind: 'applied'; readonly incident: Incident; readonly intent: Intent }
  /** Nothing was written. `refused`: the same would be refused again. */
  | { readonly kind: 'not-applied'; readonly incident: Incident; readonly why: string; readonly refused: boolean }
  | { readonly kind: 'unsettled'; readonly incident: Incident; readonly lookAgainAt: number }
  | { readonly kind: 'unknown'; readonly incident: Incident; readonly why: string }
  /** The intent could not be committed: something else came first. */
  | { readonly kind: 'overtaken'; readonly incident: Incident; readonly why: string };

export interface Taking {
  readonly reserve: readonly Reservation[];
  readonly approvalId: string | null;
}

/** The write that a plan's action, or its undoing, comes to. */
export function intentDirection(plan: Plan, undo: boolean): IntentDirection {
  return (plan.direction === 'forward') === undo ? 'rollback' : 'apply';
}

/**
 * Prepare, commit the intent with its reservations, write, settle. The only place that calls `apply` and `rollback`.
 * With an intent already committed (a crash, or a lost answer) it only looks; it never writes a second time.
 */
export async function carryOut(
  incident: Incident,
  plan: Plan,
  undo: boolean,
  taking: Taking,
  scene: Scene,
): Promise<ActionResult> {
  const remediation = scene.deps.remediations.get(plan.remediation);
  if (remediation === undefined)
    return { kind: 'not-applied', incident, why: `remediation ${plan.remediation} is not known`, refused: true };
  if (incident.intentId !== null) return settleOpen(incident, incident.intentId, remediation, scene);

  const direction = intentDirection(plan, undo);
  const checkpoint = await checkpointFor(incident, plan, undo, remediation, scene);
  scene.step('prepared');
  const intent = newIntent(
    incident,
    plan,
    direction,
    checkpoint,
    await attemptNumber(incident, plan, direction, scene),
    scene,
  );
  const committed = await commitIntent(incident, plan, undo, intent, taking, scene);
  if ('conflict' in committed) return { kind: 'overtaken', incident, why: committed.detail };
  scene.step('intent-committed');

  try {
    await write(remediation, intent, scene);
  } catch (error) {
    return afterFailedWrite(committed, intent, error, scene);
  }
  scene.step('written');
  await announce(intent, committed, scene);
  return settled(
    committed,
    intent,
    { result: 'applied', at: scene.deps.clock.now(), detail: 'the API accepted the write' },
    scene,
  );
}

async function checkpointFor(
  incident: Incident,
  plan: Plan,
  undo: boolean,
  remediation: Remediation,
  scene: Scene,
): Promise<unknown> {
  if (plan.returnOfIntentId !== null) return storedCheckpoint(await scene.deps.store.intent(plan.returnOfIntentId));
  if (undo) {
    const intents = await scene.deps.store.intentsOf(incident.id);
    return storedCheckpoint(
      intents.findLast((intent) => intent.planId === plan.id && intent.direction === 'apply') ?? null,
    );
  }
  const [cause] = incident.causes;
  if (cause === undefined) throw new HaleError('internal-error', `incident ${incident.id} acts without a cause`);
  return remediation.prepare(cause, plan.params, scene.reading);
}

function storedCheckpoint(intent: Intent | null): unknown {
  if (intent === null)
    throw new HaleError('internal-error', 'the intent that holds the checkpoint is not in the store');
  return intent.checkpoint;
}

async function attemptNumber(
  incident: Incident,
  plan: Plan,
  direction: IntentDirection,
  scene: Scene,
): Promise<number> {
  const intents = await scene.deps.store.intentsOf(incident.id);
  return 1 + intents.filter((intent) => intent.planId === plan.id && intent.direction === direction).length;
}

function newIntent(
  incident: Incident,
  plan: Plan,
  direction: IntentDirection,
  checkpoint: unknown,
  attempt: number,
  scene: Scene,
): Intent {
  const committedAt = scene.deps.clock.now();
  return {
    id: scene.deps.newId(),
    idempotencyKey: [incident.id, plan.policyId, plan.remediation, direction, plan.rung, plan.attempt, attempt].join(
      '/',
    ),
    incidentId: incident.id,
    planId: plan.id,
    planDigest: plan.digest,
    remediation: plan.remediation,
    direction,
    subject: plan.subject,
    params: plan.params,
    checkpoint,
    committedAt,
    deadline: committedAt + scene.deps.settings.intentDeadlineMs,
    outcome: null,
  };
}

async function commitIntent(
  incident: Incident,
  plan: Plan,
  undo: boolean,
  intent: Intent,
  taking: Taking,
  scene: Scene,
) {
  if (!undo && plan.direction === 'forward' && plan.returnAfterMs !== null) {
    const dueAt = intent.committedAt + plan.returnAfterMs;
    scene.owe({
      duty: { kind: 'return', intentId: intent.id, planId: plan.id, returnIncidentId: null },
      dueAt,
      deadline: dueAt + scene.deps.settings.returnDeadlineMs,
    });
    scene.audit(
      'obligation-created',
      `${plan.preview.summary}: to be undone in ${Math.round(plan.returnAfterMs / 60_000)} minutes`,
      { kind: 'return', dueAt },
    );
  }
  scene.audit('intent-committed', `about to ${wordingOf(intent, incident)}`, {
    intent: intent.id,
    direction: intent.direction,
    digest: plan.digest,
  });
  return scene.commitNow(
    { ...incident, intentId: intent.id, wakeAt: intent.deadline + 1 },
    {
      intent,
      ...(taking.reserve.length > 0
        ? { reserve: { holder: incident.id, at: intent.committedAt, items: taking.reserve } }
        : {}),
      ...(taking.approvalId === null ? {} : { approvalUsed: { id: taking.approvalId, at: intent.committedAt } }),
    },
  );
}

async function write(remediation: Remediation, intent: Intent, scene: Scene): Promise<void> {
  const ctx: ActContext = {
    ...scene.reading,
    intentId: intent.id,
    deadline: intent.deadline,
    writer: scene.deps.writer,
  };
  if (intent.direction === 'apply') return remediation.apply(intent.params, intent.checkpoint, ctx);
  if (typeof remediation.rollback !== 'function')
    throw new HaleError('internal-error', `${remediation.id} has no rollback: ${remediation.rollback.none}`);
  return remediation.rollback(intent.checkpoint, ctx);
}

/** An error that says for certain that nothing was written ends the intent; any other leaves it to be looked at. */
function afterFailedWrite(
  incident: Incident,
  intent: Intent,
  error: unknown,
  scene: Scene,
): ActionResult | Promise<ActionResult> {
  const why = error instanceof Error ? error.message : String(error);
  const at = scene.deps.clock.now();
  if (isHaleError(error, 'world-moved', 'intent-expired', 'cluster-forbidden', 'cluster-rejected')) {
    return settled(
      incident,
      intent,
      { result: 'not-applied', at, detail: why },
      scene,
      isHaleError(error, 'cluster-forbidden', 'cluster-rejected'),
    );
  }
  scene.deps.log.warn({ incidentId: incident.id, intent: intent.id, err: error }, 'write without an answer');
  return { kind: 'unsettled', incident, lookAgainAt: Math.min(at + 2_000, intent.deadline + 1) };
}

async function settleOpen(
  incident: Incident,
  intentId: string,
  remediation: Remediation,
  scene: Scene,
): Promise<ActionResult> {
  const intent = await scene.deps.store.intent(intentId);
  if (intent === null) throw new HaleError('internal-error', `intent ${intentId} is not in the store`);
  if (intent.outcome !== null) return afterOutcome(incident, intent, intent.outcome, false);

  const late = scene.now > intent.deadline;
  const looked = await lookAt(intent, remediation, scene);
  if ('failure' in looked) {
    if (scene.now <= intent.deadline + LOOK_PATIENCE_MS)
      return { kind: 'unsettled', incident, lookAgainAt: scene.now + 5_000 };
    const detail = `could not be looked at until long after the deadline: ${looked.failure}`;
    return settled(incident, intent, { result: 'unknown', at: scene.now, detail }, scene);
  }
  const { result } = looked;
  if (result === 'applied')
    return settled(incident, intent, { result, at: scene.now, detail: 'found in force when looking' }, scene);
  if (!late) return { kind: 'unsettled', incident, lookAgainAt: Math.min(scene.now + 2_000, intent.deadline + 1) };
  const detail =
    result === 'not-applied'
      ? 'looked after the deadline: the object is unchanged'
      : 'looked after the deadline: the object is neither as before nor as planned';
  return settled(incident, intent, { result, at: scene.now, detail }, scene);
}

/** An open intent is never left by a failed look: that is not a failure of the phase, and it must come to an outcome. */
async function lookAt(intent: Intent, remediation: Remediation, scene: Scene) {
  try {
    return { result: await remediation.settle(intent, scene.reading) };
  } catch (error) {
    scene.deps.log.info(
      { incidentId: intent.incidentId, intent: intent.id, err: error },
      'intent could not be settled',
    );
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

function settled(
  incident: Incident,
  intent: Intent,
  outcome: IntentOutcome,
  scene: Scene,
  refused = false,
): ActionResult {
  scene.change.settle = { intentId: intent.id, outcome };
  scene.audit('intent-settled', `${outcome.result}: ${wordingOf(intent, incident)} (${outcome.detail})`, {
    intent: intent.id,
    result: outcome.result,
  });
  scene.deps.meter.actionSettled(intent.remediation, intent.direction, outcome.result);
  return afterOutcome(incident, intent, outcome, refused);
}

function afterOutcome(incident: Incident, intent: Intent, outcome: IntentOutcome, refused: boolean): ActionResult {
  if (outcome.result === 'applied') return { kind: 'applied', incident, intent };
  if (outcome.result === 'not-applied') return { kind: 'not-applied', incident, why: outcome.detail, refused };
  return { kind: 'unknown', incident, why: outcome.detail };
}

/** An Event on the object, for whoever looks at it with kubectl. Best effort: the write is what counts. */
async function announce(intent: Intent, incident: Incident, scene: Scene): Promise<void> {
  const note = scene.deps.redact.outbound(
    `${wordingOf(intent, incident)} (incident ${incident.id}, intent ${intent.id})`,
  );
  const reason = intent.direction === 'apply' ? 'HaleApplied' : 'HaleRolledBack';
  try {
    await scene.deps.writer.recordEvent(
      { subject: intent.subject, type: 'Normal', reason, action: intent.remediation, note },
      AbortSignal.timeout(EVENT_TIMEOUT_MS),
    );
  } catch (error) {
    scene.deps.log.info({ incidentId: incident.id, intent: intent.id, err: error }, 'event not recorded');
  }
}

/** What the write comes to, for people. */
function wordingOf(intent: Intent, incident: Incident): string {
  const plan = incident.plans.find((item) => item.id === intent.planId);
  const summary = plan?.preview.summary ?? intent.remediation;
  const planned = plan?.direction === 'return' ? 'rollback' : 'apply';
  return intent.direction === planned ? summary : `the reverse of: ${summary}`;
}

import { readPools } from '../../src/connections/index.ts';
import { type Subject, subjectName } from '../../src/domain/subject.ts';
import {
  FieldsCheckpoint,
  present,
  REVISION_FIELD,
  replaceFields,
  revisionOf,
  rolloutEffect,
  settleFields,
  TEMPLATE_KINDS,
  templatePermissions,
  valueAt,
} from '../../src/object-changes/index.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineRemediation } from '../../src/plugin/remediation.ts';
import { ifReadable } from '../../src/workload-metrics/index.ts';
import { RestartParams, RestartSettings } from './schema.ts';

const ANNOTATIONS = '/spec/template/metadata/annotations';
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

/** What `kubectl rollout restart` does: the controller replaces the pods a few at a time, each ready before the next is taken. */
export const restartWorkload = defineRemediation<RestartSettings, RestartParams, FieldsCheckpoint>({
  id: 'restart-workload',
  summary: 'restarts a workload pod by pod, where what is wrong is inside of its processes',
  needs: templatePermissions('the template is read before and after the change'),
  handles: ['connection-leak', 'memory-leaking'],
  settings: RestartSettings,
  params: RestartParams,
  checkpoint: FieldsCheckpoint,
  evidence: ['metric-range'],
  risk: 'disruptive',
  rollback: { none: 'processes that ended cannot be brought back' },

  async propose({ subject, figures }, settings, ctx) {
    if (!TEMPLATE_KINDS.includes(subject.kind))
      return { declined: `a ${subject.kind} has no controller that would restart it pod by pod` };
    const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
    if (workload?.subject.uid !== subject.uid) return { declined: `${subjectName(subject)} does not exist any more` };
    if (workload.paused) return { declined: 'its rollout is paused: a restart would not take place' };
    if (workload.strategy === 'Recreate' || workload.strategy === 'OnDelete')
      return { declined: `its strategy is ${workload.strategy}: a restart would not go pod by pod` };
    if ((workload.replicas ?? 2) < 2 && !settings.singleReplica)
      return { declined: 'it has a single replica: set singleReplica where a gap is borne' };
    // New processes open new connections: where the server has none left, those that end are not replaced.
    const { serverUsed, serverMax, serverReserved = 0 } = figures;
    if (serverUsed !== undefined && serverMax !== undefined && serverUsed >= serverMax - serverReserved)
      return {
        declined: `the database server has no connection left (${serverUsed} of ${serverMax - serverReserved}): new processes would be refused`,
      };
    const pools = await ifReadable(readPools(workload, ctx));
    if (pools === null) return { declined: 'whether the database server refuses its connections cannot be read' };
    if (pools.refusedPerS !== null && pools.refusedPerS > 0)
      return { declined: 'the database server refuses its connections: new processes would be refused as well' };
    return { params: { at: new Date(ctx.now()).toISOString() } };
  },

  async preview({ subject }, { at }, ctx) {
    const before = await restartedAt(subject, ctx);
    return {
      summary: `restart ${subjectName(subject)} pod by pod`,
      changes: [{ field: `spec.template.metadata.annotations[${RESTARTED_AT}]`, before: before ?? 'none', after: at }],
      blastRadius: `every pod of ${subjectName(subject)} is replaced, a few at a time, each ready before the next is taken; what its processes remember is lost`,
      touches: { 'metadata.uid': subject.uid, [REVISION_FIELD]: await revisionOf(subject, ctx) },
    };
  },

  async prepare({ subject }, { at }, ctx) {
    const object = await present(subject, ctx);
    const field =
      valueAt(object, ANNOTATIONS) === null
        ? { path: ANNOTATIONS, from: null, to: { [RESTARTED_AT]: at } }
        : { path: pathOfRestart(), from: valueAt(object, pathOfRestart()), to: at };
    return { object: subject, fields: [field] };
  },

  apply: (_params, checkpoint, ctx) => replaceFields(checkpoint, 'apply', ctx),
  settle: (intent, ctx) => settleFields(intent, FieldsCheckpoint.parse(intent.checkpoint), ctx),
  effect: (_params, checkpoint, direction, ctx) => rolloutEffect(checkpoint.object, checkpoint, direction, ctx),
});

function pathOfRestart(): string {
  return `${ANNOTATIONS}/${RESTARTED_AT.replace('/', '~1')}`;
}

async function restartedAt(subject: Subject, ctx: ReadContext): Promise<string | null> {
  const found = valueAt(await present(subject, ctx), pathOfRestart());
  return typeof found === 'string' ? found : null;
}

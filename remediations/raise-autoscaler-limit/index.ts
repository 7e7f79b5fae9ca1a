import { HaleError } from '../../src/domain/errors.ts';
import { type Subject, subjectName } from '../../src/domain/subject.ts';
import {
  FieldsCheckpoint,
  fieldsStand,
  present,
  replaceFields,
  settleFields,
  valueAt,
} from '../../src/object-changes/index.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineRemediation } from '../../src/plugin/remediation.ts';
import type { AutoscalerDetails } from '../../src/ports/cluster-details.ts';
import { RaiseLimitParams, RaiseLimitSettings } from './schema.ts';

const MAX_REPLICAS = '/spec/maxReplicas';
/** Marks of those who would put the object back: Argo CD's tracking, Flux, KEDA, a controlling owner. */
const OWNER_MARKS = [
  '/metadata/annotations/argocd.argoproj.io~1tracking-id',
  '/metadata/labels/kustomize.toolkit.fluxcd.io~1name',
  '/metadata/labels/helm.toolkit.fluxcd.io~1name',
  '/metadata/labels/scaledobject.keda.sh~1name',
  '/metadata/ownerReferences',
];

/** Acts through the owner of the replicas: the autoscaler keeps deciding, with more room. */
export const raiseAutoscalerLimit = defineRemediation<RaiseLimitSettings, RaiseLimitParams, FieldsCheckpoint>({
  id: 'raise-autoscaler-limit',
  summary: 'gives the autoscaler of a workload a higher maximum',
  needs: [
    {
      group: 'autoscaling',
      resource: 'horizontalpodautoscalers',
      verb: 'get',
      because: 'the maximum is read before and after the change',
    },
    {
      group: 'autoscaling',
      resource: 'horizontalpodautoscalers',
      verb: 'list',
      because: 'the autoscaler of the workload has to be found',
    },
    { group: 'autoscaling', resource: 'horizontalpodautoscalers', verb: 'patch', because: 'the change itself' },
  ],
  handles: ['autoscaler-at-limit', 'cpu-saturated', 'traffic-surge', 'queue-backlog'],
  settings: RaiseLimitSettings,
  params: RaiseLimitParams,
  checkpoint: FieldsCheckpoint,
  evidence: ['cluster-object'],
  risk: 'reversible',

  async propose({ subject }, settings, ctx) {
    const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
    if (workload?.subject.uid !== subject.uid) return { declined: `${subjectName(subject)} does not exist any more` };
    const [autoscaler, second] = await ctx.cluster.autoscalersOf(subject, ctx.signal);
    if (autoscaler === undefined) return { declined: 'no autoscaler owns its replicas' };
    if (second !== undefined) return { declined: 'two autoscalers own its replicas: that has to be mended first' };
    const { maxReplicas: from, desiredReplicas } = autoscaler;
    if (desiredReplicas < from)
      return { declined: `its autoscaler wants ${desiredReplicas} of at most ${from}: it has room` };
    if (from >= settings.ceiling)
      return { declined: `its maximum is ${from} already, the ceiling of the policy is ${settings.ceiling}` };
    const object = await present(autoscaler.subject, ctx);
    const mark = OWNER_MARKS.find((path) => valueAt(object, path) !== null);
    if (mark !== undefined) return { declined: `the autoscaler is kept by another (${mark}), who would put it back` };
    ctx.keep({
      kind: 'cluster-object',
      source: 'kubernetes',
      title: `${subjectName(autoscaler.subject)}: ${desiredReplicas} wanted, at most ${from}`,
      query: subjectName(autoscaler.subject),
      body: autoscaler,
    });
    const step = Math.max(1, Math.ceil((from * settings.stepPercent) / 100));
    return { params: { autoscaler: autoscaler.subject.name, from, to: Math.min(settings.ceiling, from + step) } };
  },

  async preview({ subject }, params, ctx) {
    const autoscaler = await autoscalerOf(subject, params, ctx);
    return {
      summary: `raise the maximum of ${subjectName(autoscaler.subject)} from ${params.from} to ${params.to} replicas`,
      changes: [{ field: 'spec.maxReplicas', before: String(params.from), after: String(params.to) }],
      blastRadius: `up to ${params.to - params.from} new pods of ${subjectName(subject)}, as its autoscaler decides; no running pod is touched`,
      // The maximum itself is tested by the write; here it is whether the workload still is the same.
      touches: { 'metadata.uid': subject.uid },
      // The autoscaler may go as far as it is allowed to: the database has to have room for that.
      replicasAfter: params.to,
    };
  },

  async prepare({ subject }, params, ctx) {
    const autoscaler = await autoscalerOf(subject, params, ctx);
    return { object: autoscaler.subject, fields: [{ path: MAX_REPLICAS, from: params.from, to: params.to }] };
  },

  apply: (_params, checkpoint, ctx) => replaceFields(checkpoint, 'apply', ctx),
  rollback: (checkpoint, ctx) => replaceFields(checkpoint, 'rollback', ctx),
  settle: (intent, ctx) => settleFields(intent, FieldsCheckpoint.parse(intent.checkpoint), ctx),
  /** The autoscaler decides by itself when it needs the room; that it has it is all that was changed. */
  async effect(_params, checkpoint, direction, ctx) {
    return (await fieldsStand(checkpoint, direction, ctx)) === true ? 'in-force' : 'reverted';
  },
});

/** Errors: world-moved when the autoscaler is gone or its maximum is another by now. */
async function autoscalerOf(subject: Subject, params: RaiseLimitParams, ctx: ReadContext): Promise<AutoscalerDetails> {
  const found = (await ctx.cluster.autoscalersOf(subject, ctx.signal)).find(
    (one) => one.subject.name === params.autoscaler,
  );
  if (found?.maxReplicas === params.from) return found;
  throw new HaleError(
    'world-moved',
    `autoscaler ${params.autoscaler} is gone, or its maximum is not ${params.from} any more`,
  );
}

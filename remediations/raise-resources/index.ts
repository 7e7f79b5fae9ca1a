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
import { cpuText, memoryText, quantityOf } from './quantity.ts';
import { RaiseResourcesParams, RaiseResourcesSettings } from './schema.ts';

const MIB = 2 ** 20;

/** More room for a container that is killed or throttled at its limit, inside the policy's ceiling. */
export const raiseResources = defineRemediation<RaiseResourcesSettings, RaiseResourcesParams, FieldsCheckpoint>({
  id: 'raise-resources',
  summary: 'raises the memory or CPU limit of a container up to a ceiling',
  needs: templatePermissions('the limits are read before and after the change'),
  handles: ['out-of-memory', 'cpu-saturated'],
  settings: RaiseResourcesSettings,
  params: RaiseResourcesParams,
  checkpoint: FieldsCheckpoint,
  evidence: ['metric-range'],
  risk: 'reversible',

  async propose({ subject, reason }, settings, ctx) {
    if (!TEMPLATE_KINDS.includes(subject.kind))
      return { declined: `a ${subject.kind} has no pod template that Hale changes` };
    const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
    if (workload?.subject.uid !== subject.uid) return { declined: `${subjectName(subject)} does not exist any more` };
    const resource = reason === 'out-of-memory' ? 'memory' : 'cpu';
    const limited = workload.containers.flatMap(({ name, resources }, index) => {
      const limit = resource === 'memory' ? resources.memoryLimit : resources.cpuLimit;
      return limit === null ? [] : [{ name, index, limit }];
    });
    const [first, second] = limited;
    if (first === undefined) return { declined: `none of its containers has a ${resource} limit to raise` };
    if (second !== undefined)
      return {
        declined: `several of its containers have a ${resource} limit: which one is short is not known for certain`,
      };
    const now = quantityOf(first.limit);
    if (now === null || now <= 0) return { declined: `its ${resource} limit ${first.limit} is not understood` };
    const ceiling = resource === 'memory' ? settings.maxMemoryMiB * MIB : settings.maxCpuMillis / 1000;
    if (now >= ceiling)
      return { declined: `its ${resource} limit is ${first.limit} already, the ceiling of the policy` };
    const next = Math.min(ceiling, now * (1 + settings.stepPercent / 100));
    const to = resource === 'memory' ? memoryText(next) : cpuText(next);
    // Written in whole MiB and thousandths of a core: a step smaller than one of them is none.
    if ((quantityOf(to) ?? 0) <= now)
      return {
        declined: `a step of ${settings.stepPercent} % on its ${resource} limit ${first.limit} is too small to be written`,
      };
    return { params: { container: first.name, index: first.index, resource, from: first.limit, to } };
  },

  async preview({ subject }, { container, resource, from, to }, ctx) {
    return {
      summary: `raise the ${resource} limit of ${container} in ${subjectName(subject)} from ${from} to ${to}`,
      changes: [
        { field: `spec.template.spec.containers[${container}].resources.limits.${resource}`, before: from, after: to },
      ],
      blastRadius: `every pod of ${subjectName(subject)} is replaced, a few at a time; its node has to have the room`,
      touches: { 'metadata.uid': subject.uid, [REVISION_FIELD]: await revisionOf(subject, ctx) },
    };
  },

  async prepare({ subject }, params, ctx) {
    return { object: subject, fields: await fieldsOf(subject, params, ctx) };
  },

  apply: (_params, checkpoint, ctx) => replaceFields(checkpoint, 'apply', ctx),
  rollback: (checkpoint, ctx) => replaceFields(checkpoint, 'rollback', ctx),
  settle: (intent, ctx) => settleFields(intent, FieldsCheckpoint.parse(intent.checkpoint), ctx),
  effect: (_params, checkpoint, direction, ctx) => rolloutEffect(checkpoint.object, checkpoint, direction, ctx),
});

/** The limit, and the request where it was the same: a pod of guaranteed quality stays one. The container's name guards its place. */
async function fieldsOf(
  subject: Subject,
  { container, index, resource, from, to }: RaiseResourcesParams,
  ctx: ReadContext,
) {
  const place = `/spec/template/spec/containers/${index}`;
  const request = valueAt(await present(subject, ctx), `${place}/resources/requests/${resource}`);
  return [
    { path: `${place}/name`, from: container, to: container },
    { path: `${place}/resources/limits/${resource}`, from, to },
    ...(request === from ? [{ path: `${place}/resources/requests/${resource}`, from, to }] : []),
  ];
}

import { HaleError } from '../../src/domain/errors.ts';
import { type Subject, subjectName } from '../../src/domain/subject.ts';
import {
  FieldsCheckpoint,
  present,
  REVISION_FIELD,
  replaceFields,
  rolloutEffect,
  settleFields,
  stuckSince,
  valueAt,
} from '../../src/object-changes/index.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineRemediation } from '../../src/plugin/remediation.ts';
import type { RevisionView } from '../../src/ports/cluster-details.ts';
import { readinessOf } from './readiness.ts';
import { isSameTemplate, releasesOf } from './releases.ts';
import { RollbackParams, RollbackSettings } from './schema.ts';

const TEMPLATE = '/spec/template';
/** On the pod template: a migration belongs to this release, and the code before may not run on what it leaves. */
const MIGRATION = 'hale.dev/migration';
const MINUTE_MS = 60_000;

/** What `kubectl rollout undo` does, with every old value tested. ConfigMaps and Secrets are not part of a revision and stay as they are. */
export const rollbackRelease = defineRemediation<RollbackSettings, RollbackParams, FieldsCheckpoint>({
  id: 'rollback-release',
  summary: 'goes back to the revision of a Deployment before the one that made users worse off',
  needs: [
    {
      group: 'apps',
      resource: 'deployments',
      verb: 'get',
      because: 'the template is read before and after the change',
    },
    { group: 'apps', resource: 'replicasets', verb: 'list', because: 'they hold the revisions to go back to' },
    { group: 'apps', resource: 'deployments', verb: 'patch', because: 'the change itself' },
  ],
  handles: ['bad-release', 'crash-looping', 'out-of-memory'],
  settings: RollbackSettings,
  params: RollbackParams,
  checkpoint: FieldsCheckpoint,
  evidence: ['cluster-object'],
  risk: 'reversible',

  async propose({ subject, reason }, settings, ctx) {
    if (subject.kind !== 'Deployment')
      return { declined: `a ${subject.kind} keeps no revisions that Hale goes back to` };
    const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
    if (workload?.subject.uid !== subject.uid) return { declined: `${subjectName(subject)} does not exist any more` };
    if (workload.paused) return { declined: "its rollout is paused: that was somebody's decision" };
    const releases = releasesOf(await ctx.cluster.revisions(subject, ctx.signal));
    if (releases === null) return { declined: 'there is no revision before this one that is another release' };
    const { current, previous, beganAt } = releases;
    const ageMs = ctx.now() - beganAt;
    if (ageMs > settings.maxAgeMinutes * MINUTE_MS)
      return {
        declined: `revision ${current.revision} is ${Math.round(ageMs / MINUTE_MS)} minutes old, no fresh release`,
      };
    const servedMs = beganAt - previous.createdAt;
    if (servedMs < settings.minHealthyMinutes * MINUTE_MS)
      return {
        declined: `revision ${previous.revision} had served for ${Math.round(servedMs / MINUTE_MS)} minutes only: nobody knows that it was well`,
      };
    const readiness = await readinessOf(previous, beganAt, settings.minHealthyMinutes * MINUTE_MS, subject, ctx);
    // For a bad release the detector has compared both by what they did; of a crash only the new revision is known.
    if (readiness.state === 'never' || (readiness.state === 'unknown' && reason !== 'bad-release'))
      return { declined: readiness.why };
    if (!settings.migrationsSafe && migrationOf(current) !== migrationOf(previous))
      return {
        declined: `revision ${current.revision} came with migration ${String(migrationOf(current))}: set migrationsSafe where the older code runs on the newer schema`,
      };
    ctx.keep({
      kind: 'cluster-object',
      source: 'kubernetes',
      title: `revisions ${previous.revision} and ${current.revision} of ${subjectName(subject)}`,
      query: `replicasets of ${subjectName(subject)}`,
      body: [current, previous],
    });
    return { params: { fromRevision: current.revision, toRevision: previous.revision } };
  },

  async preview({ subject }, params, ctx) {
    const { current, previous } = await revisionsOf(subject, params, ctx);
    return {
      summary: `roll ${subjectName(subject)} back from revision ${current.revision} to ${previous.revision}`,
      changes: [{ field: 'spec.template', before: told(current), after: told(previous) }],
      blastRadius: `every pod of ${subjectName(subject)} is replaced, a few at a time; ConfigMaps, Secrets and the database stay as they are now`,
      touches: { 'metadata.uid': subject.uid, [REVISION_FIELD]: String(current.revision) },
    };
  },

  async prepare({ subject }, params, ctx) {
    const { current, previous } = await revisionsOf(subject, params, ctx);
    const object = await present(subject, ctx);
    const from = valueAt(object, TEMPLATE);
    // Revisions follow the template after a moment: what somebody has just written instead is not theirs, and is not to be undone.
    if (!isSameTemplate(from, current.template))
      throw new HaleError(
        'world-moved',
        `${subjectName(subject)} has another template than revision ${current.revision}`,
      );
    const stuckBefore = stuckSince(object);
    return {
      object: subject,
      fields: [{ path: TEMPLATE, from, to: previous.template }],
      ...(stuckBefore === undefined ? {} : { stuckBefore }),
    };
  },

  apply: (_params, checkpoint, ctx) => replaceFields(checkpoint, 'apply', ctx),
  rollback: (checkpoint, ctx) => replaceFields(checkpoint, 'rollback', ctx),
  settle: (intent, ctx) => settleFields(intent, FieldsCheckpoint.parse(intent.checkpoint), ctx),
  effect: (_params, checkpoint, direction, ctx) => rolloutEffect(checkpoint.object, checkpoint, direction, ctx),
});

/** Both revisions as they were proposed. Errors: world-moved when a newer one came meanwhile. */
async function revisionsOf(subject: Subject, { fromRevision, toRevision }: RollbackParams, ctx: ReadContext) {
  const revisions = await ctx.cluster.revisions(subject, ctx.signal);
  const [current] = revisions;
  const previous = revisions.find(({ revision }) => revision === toRevision);
  if (current?.revision === fromRevision && previous !== undefined) return { current, previous };
  throw new HaleError('world-moved', `${subjectName(subject)} has another revision than ${fromRevision} by now`);
}

function migrationOf({ template }: RevisionView): unknown {
  return valueAt(template, `/metadata/annotations/${MIGRATION.replace('/', '~1')}`);
}

function told({ revision, images, changeCause }: RevisionView): string {
  return `revision ${revision}: ${images.join(', ')}${changeCause === '' ? '' : ` (${changeCause})`}`;
}

export { intentOn, markOf } from './intent-mark.ts';
export { FieldsCheckpoint, fieldsStand, present, replaceFields, settleFields } from './replace-fields.ts';
export { REVISION_FIELD, revisionOf } from './revision.ts';
export { rolloutEffect, stuckSince } from './rollout-effect.ts';
export { TEMPLATE_KINDS, templatePermissions } from './template-kinds.ts';
export { valueAt } from './value-at.ts';

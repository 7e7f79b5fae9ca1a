export { changedFields } from './changed-fields.ts';
export { ifAnswered } from './if-answered.ts';
export type { LatestChange } from './latest-change.ts';
export { latestChange } from './latest-change.ts';
export { keepPreviousLog } from './previous-log.ts';

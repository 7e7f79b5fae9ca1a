export type { CallEnds } from './call-ends.ts';
export { createCallEnds } from './call-ends.ts';
export { createTopology } from './topology.ts';

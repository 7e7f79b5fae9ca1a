export { createCallEnds } from './call-ends.ts';
export { createTopology } from './topology.ts';

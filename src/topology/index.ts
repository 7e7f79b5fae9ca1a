export type { DeclaredCall, TopologyOptions } from './topology.ts';
export { createTopology } from './topology.ts';

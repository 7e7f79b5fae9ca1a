export { createTopology } from './topology.ts';

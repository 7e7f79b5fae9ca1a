export { ONLY_LOGS } from './only-logs.ts';
export { createWorkloadLogs } from './read-around.ts';
export { errorText, labelsIn, lineText, type Trouble, tracedErrorOf, troublesOf } from './troubles.ts';

export { loadPolicies } from './load-policies.ts';
export { matchPolicies } from './match-policies.ts';
export { policyTestText, runPolicyTests } from './policy-tests.ts';
export { measureFeltBy, renderMeasure } from './query-template.ts';

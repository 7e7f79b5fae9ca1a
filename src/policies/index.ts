export type { KnownRemediation } from './check-policy.ts';
export { loadPolicies, type PolicySources } from './load-policies.ts';
export { matchPolicies, type PolicyMatch } from './match-policies.ts';
export { type PolicyTestReport, type PolicyTestResult, policyTestText, runPolicyTests } from './policy-tests.ts';
export { renderMeasure } from './query-template.ts';

export { createModelAdvisor, type ModelAccount, type ModelAdvisor } from './advisor.ts';
export { callsWithin, type ModelBudget, mostOfOneCall, reservationsOf } from './budget.ts';
export { investigationTools } from './tools.ts';

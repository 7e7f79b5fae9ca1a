import type { Incident } from '../domain/incident.ts';
import type { Plan } from '../domain/plan.ts';

/** The incident with one plan's status changed. */
export function withPlanStatus(incident: Incident, planId: string, status: Plan['status']): Incident {
  return { ...incident, plans: incident.plans.map((plan) => (plan.id === planId ? { ...plan, status } : plan)) };
}

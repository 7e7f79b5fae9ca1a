import type { RecognisedAlert } from '../domain/alert-class.ts';
import { isHaleError } from '../domain/errors.ts';
import type { AlertRule, MetricsReader } from '../ports/metrics.ts';
import { alertTextOf, type DeliveredAlert } from './alert-text.ts';
import { createKnowledge } from './knowledge.ts';
import { recogniseAlert } from './recognise.ts';

/** Says what delivered alerts mean. One of a rule that was seen before costs a look into a table. */
export interface AlertRecogniser {
  recognise(alerts: readonly DeliveredAlert[], signal?: AbortSignal): Promise<readonly RecognisedAlert[]>;
}

/** How long the list of rules is trusted, and how long a server that does not give it is left alone. */
const RULES_FOR_MS = 5 * 60_000;
const MOST_REMEMBERED = 2_000;

export function createAlertRecogniser({
  metrics,
  now,
}: {
  readonly metrics: Pick<MetricsReader, 'alertRules'>;
  readonly now: () => number;
}): AlertRecogniser {
  const knowledge = createKnowledge();
  const remembered = new Map<string, RecognisedAlert>();
  let rules: { readonly askedAt: number; readonly list: readonly AlertRule[] } | null = null;

  async function currentRules(signal: AbortSignal | undefined): Promise<readonly AlertRule[]> {
    if (rules !== null && now() - rules.askedAt < RULES_FOR_MS) return rules.list;
    const before = rules?.list ?? [];
    try {
      rules = { askedAt: now(), list: await metrics.alertRules(signal === undefined ? {} : { signal }) };
    } catch (error) {
      // The alert's own text and link still say what it means.
      if (!isHaleError(error)) throw error;
      rules = { askedAt: now(), list: before };
    }
    remembered.clear();
    return rules.list;
  }

  return {
    async recognise(alerts, signal) {
      if (alerts.length === 0) return [];
      const known = await currentRules(signal);
      return alerts.map((alert) => {
        const key = JSON.stringify([alert.name, alert.generatorUrl, alert.labels['severity'] ?? '']);
        const found = remembered.get(key) ?? {
          name: alert.name,
          ...recogniseAlert(alertTextOf(alert, known), knowledge),
        };
        if (remembered.size >= MOST_REMEMBERED) remembered.clear();
        remembered.set(key, found);
        return found;
      });
    },
  };
}

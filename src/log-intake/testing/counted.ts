import type { LogStore } from '../../ports/log-store.ts';

/** All that a store has counted of log events, by the template of the pattern. */
export async function countedByTemplate(logs: Pick<LogStore, 'counts' | 'patterns'>): Promise<Record<string, number>> {
  const templates = new Map((await logs.patterns(10_000)).map(({ id, template }) => [id, template]));
  const sums: Record<string, number> = {};
  for (const { patternId, count } of await logs.counts({
    since: 0,
    until: Number.MAX_SAFE_INTEGER,
    limit: 1_000_000,
  })) {
    const template = templates.get(patternId) ?? patternId;
    sums[template] = (sums[template] ?? 0) + count;
  }
  return sums;
}

export async function countedInAll(logs: Pick<LogStore, 'counts'>): Promise<number> {
  const counts = await logs.counts({ since: 0, until: Number.MAX_SAFE_INTEGER, limit: 1_000_000 });
  return counts.reduce((sum, { count }) => sum + count, 0);
}

import type { Cause } from '../domain/finding.ts';
import { type Screen, wrap } from './text.ts';

/** What users feel, and under it link by link what it waits for; each names its evidence. One link alone says nothing that is not there. */
export function renderChain(screen: Screen, cause: Pick<Cause, 'chain' | 'settledBy'> | undefined): string[] {
  const chain = cause?.chain ?? [];
  const lines = chain.map(({ says, evidence }, index) => {
    const cited = evidence.length === 0 ? '' : ` [${evidence.map((id) => id.slice(0, 8)).join(', ')}]`;
    return `${index === 0 ? '' : '<- '}${says}${cited}`;
  });
  const doubt = cause?.settledBy === undefined ? [] : [`what would settle it: ${cause.settledBy}`];
  return [...(chain.length > 1 ? lines : []), ...doubt].flatMap((line) => wrap(line, screen.width));
}

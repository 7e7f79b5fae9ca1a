import { describe, expect, it } from 'vitest';
import { CAUSE, incidentOf, START } from '../operations/testing/records.ts';
import { summaryLines } from './telling.ts';

describe('the lines under every message', () => {
  it('name the change that did it and the command that mends it', () => {
    const change = { what: 'image a -> b', by: 'helm', at: START };
    const mend = 'kubectl -n shop rollout undo deployment/orders';

    const lines = summaryLines(incidentOf({ causes: [{ ...CAUSE, change, mend }] }));

    expect(lines).toContain(`mend: ${mend}`);
    expect(lines.find((line) => line.startsWith('changed: '))).toMatch(/^changed: image a -> b, by helm at \d{4}-/);
  });
});

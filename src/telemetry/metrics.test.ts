import { describe, expect, it } from 'vitest';
import { createMetrics, METRICS } from './metrics.ts';

describe('metrics', () => {
  it('exposes every metric of the table under its name and help', async () => {
    const metrics = createMetrics(async () => undefined);

    const { body } = await metrics.text();

    for (const [name, { help, type }] of Object.entries(METRICS)) {
      expect(body).toContain(`# HELP ${name} ${help}`);
      expect(body).toContain(`# TYPE ${name} ${type}`);
      expect(name.endsWith('_total')).toBe(type === 'counter');
    }
  });

  it('counts by label, and a gauge forgets what it is not set to any more', async () => {
    const phases = [[{ labels: { phase: 'acting' }, value: 2 }], [{ labels: { phase: 'held' }, value: 1 }]];
    const metrics = createMetrics(async (all) => all.set('hale_open_incidents', phases.shift() ?? []));
    metrics.count('hale_phase_entered_total', { phase: 'acting' });
    metrics.count('hale_phase_entered_total', { phase: 'acting' }, 2);

    const first = (await metrics.text()).body;
    const second = (await metrics.text()).body;

    expect(first).toContain('hale_phase_entered_total{phase="acting"} 3');
    expect(first).toContain('hale_open_incidents{phase="acting"} 2');
    expect(second).not.toContain('hale_open_incidents{phase="acting"}');
  });
});

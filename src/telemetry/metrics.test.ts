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

  it.each<[string, () => Promise<void>]>([
    ['fails', () => Promise.reject(new Error('no answer'))],
    ['hangs', () => new Promise(() => undefined)],
  ])('leaves gauges out when reading them %s, and says so', async (_name, then) => {
    let works = true;
    const metrics = createMetrics(
      async (all) => {
        all.set('hale_frozen', [{ labels: {}, value: 1 }]);
        if (!works) await then();
      },
      { refreshWithinMs: 5, defaults: false },
    );
    const before = (await metrics.text()).body;
    works = false;

    const after = (await metrics.text()).body;

    expect(before).toMatch(/^hale_frozen 1$/m);
    expect(before).toMatch(/^hale_gauge_refresh_failures_total 0$/m);
    expect(after).not.toMatch(/^hale_(frozen|store_writable|cluster_cache_ready)/m);
    expect(after).toMatch(/^hale_gauge_refresh_failures_total 1$/m);
  });
});

import { describe, expect, it } from 'vitest';
import { HaleError } from '../domain/errors.ts';
import type { AlertRule } from '../ports/metrics.ts';
import { createAlertRecogniser } from './alert-recogniser.ts';
import { expressionOf } from './alert-text.ts';

const LINK = 'http://prometheus.example/graph?g0.expr=hikaricp_connections_pending+%3E+0&g0.tab=1';

function ruleOf(change: Partial<AlertRule>): AlertRule {
  return { name: 'A', group: 'g', expression: '', forMs: 0, labels: {}, annotations: {}, ...change };
}

const alert = { name: 'A', labels: {}, annotations: {}, generatorUrl: '' };

function setUp(answer: () => readonly AlertRule[]) {
  const world = { now: 0, asked: 0 };
  const recogniser = createAlertRecogniser({
    now: () => world.now,
    metrics: {
      async alertRules() {
        world.asked += 1;
        return answer();
      },
    },
  });
  const classOf = async (change: Partial<typeof alert> & { labels?: Record<string, string> } = {}) =>
    (await recogniser.recognise([{ ...alert, ...change }]))[0]?.class;
  return { world, recogniser, classOf };
}

describe('delivered alerts', () => {
  it('are recognised by their rule', async () => {
    const { classOf } = setUp(() => [ruleOf({ expression: 'up == 0' })]);

    expect(await classOf()).toBe('unavailable');
  });

  it('by the rule whose labels they carry, where several have the name', async () => {
    const { classOf } = setUp(() => [
      ruleOf({ expression: 'up == 0', labels: { severity: 'page' } }),
      ruleOf({ expression: 'node_load5 > 10', labels: { severity: 'warning' } }),
    ]);

    expect(await classOf({ labels: { severity: 'warning' } })).toBe('cpu');
    expect(await classOf({ labels: { severity: 'page' } })).toBe('unavailable');
  });

  it('by the link, when Prometheus does not list the rule or does not answer', async () => {
    const failing = setUp(() => {
      throw new HaleError('metrics-unavailable', 'down');
    });

    expect(await setUp(() => []).classOf({ generatorUrl: LINK })).toBe('connections');
    expect(await failing.classOf({ generatorUrl: LINK })).toBe('connections');
    await failing.classOf({ generatorUrl: LINK });
    expect(failing.world.asked).toBe(1);
  });

  it('ask for the rules once in five minutes, and not at all for no alert', async () => {
    const { world, recogniser, classOf } = setUp(() => []);

    await recogniser.recognise([]);
    expect(world.asked).toBe(0);
    await classOf();
    await classOf();
    expect(world.asked).toBe(1);
    world.now = 300_000;
    await classOf();
    expect(world.asked).toBe(2);
  });

  it.each([
    [LINK, 'hikaricp_connections_pending > 0'],
    ['http://grafana.example/alerting/1', ''],
    ['', ''],
    ['?g0.expr=%E0%A4%A', '\ufffd%A'],
  ])('the expression of %s', (link, expression) => {
    expect(expressionOf(link)).toBe(expression);
  });
});

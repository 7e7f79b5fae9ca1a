import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IndicatorSeries, RankedEdge, RankedNode, RankingInput } from './model.ts';
import { namedSuspects, rankSuspects } from './rank-suspects.ts';

const MINUTE = 60_000;
const FROM = 120 * MINUTE;
const WINDOW = { from: FROM, to: FROM + 5 * MINUTE };

/** Two quiet hours, then five minutes at `factor` times the usual; noise that repeats itself. */
function series(
  indicator: IndicatorSeries['indicator'],
  level: number,
  factor = 1,
  { since = FROM, label = '' } = {},
): IndicatorSeries {
  const points = Array.from({ length: 125 }, (_, minute) => ({
    at: minute * MINUTE,
    value: level * (1 + 0.05 * Math.sin(minute * 2.4 + level)) * (minute * MINUTE >= since ? factor : 1),
  }));
  return { indicator, label: label || indicator, points };
}

interface Sick {
  readonly latency?: number;
  readonly cpu?: number;
  readonly errors?: number;
}

function service(id: string, sick: Sick = {}, level = 0.1): RankedNode {
  return {
    id,
    series: [
      series('latency', level, sick.latency),
      series('errors', 0.1, sick.errors),
      series('traffic', 50),
      series('cpu', 0.4, sick.cpu),
      series('memory', 200e6),
    ],
  };
}

const calls = (...pairs: string[]): RankedEdge[] =>
  pairs.map((pair) => {
    const [caller = '', callee = ''] = pair.split('>');
    return { caller, callee };
  });
const feltAt = (node: string, indicator: 'latency' | 'errors' = 'latency') => ({ node, indicator });

const SHOP = calls('web>orders', 'web>catalog', 'orders>payments', 'orders>stock');
function shop(sick: Record<string, Sick>, more: Partial<RankingInput> = {}): RankingInput {
  const levels = { web: 0.3, orders: 0.15, catalog: 0.05, payments: 0.05, stock: 0.04, mail: 0.2 };
  const nodes = Object.entries(levels).map(([id, level]) => service(id, sick[id], level));
  return { nodes, edges: SHOP, symptom: feltAt('web'), window: WINDOW, ...more };
}
const names = (input: RankingInput) => namedSuspects(rankSuspects(input)).map(({ node }) => node);
const suspect = (input: RankingInput, id: string) => rankSuspects(input).suspects.find(({ node }) => node === id);

/** Payments takes 0.45 s more; so do orders and web, which wait for it. */
const SLOW_PAYMENTS = { payments: { latency: 10 }, orders: { latency: 4 }, web: { latency: 2.5 } };

describe('rankSuspects', () => {
  it('follows the waiting to where it begins', () => {
    const input = shop(SLOW_PAYMENTS);

    expect(names(input)[0]).toBe('payments');
    expect(suspect(input, 'payments')).toMatchObject({ role: 'cause', path: ['web', 'orders', 'payments'] });
    expect(suspect(input, 'orders')?.role).toBe('waits');
    expect(suspect(input, 'stock')?.role).toBe('well');
  });

  it('stays where the waiting is not explained by what is called', () => {
    expect(names(shop({ orders: { latency: 4 }, web: { latency: 2.5 } }))[0]).toBe('orders');
  });

  it('follows failures as it follows waiting', () => {
    const sick = { stock: { errors: 60 }, orders: { errors: 60 }, web: { errors: 60 } };

    expect(names(shop(sick, { symptom: feltAt('web', 'errors') }))[0]).toBe('stock');
  });

  it('takes an exhausted resource for the beginning, without any calls known', () => {
    const sick = { ...SLOW_PAYMENTS, payments: { latency: 10, cpu: 8 } };

    expect(names(shop(sick, { edges: [], symptom: null }))[0]).toBe('payments');
  });

  it('tells a bystander from a cause', () => {
    const input = shop({ ...SLOW_PAYMENTS, mail: { latency: 20 } });

    expect(names(input)[0]).toBe('payments');
    expect(suspect(input, 'mail')?.role).toBe('bystander');
  });

  it('names both of two causes at once', () => {
    const sick = { payments: { latency: 10 }, catalog: { latency: 9 }, orders: { latency: 4 }, web: { latency: 3.8 } };

    expect(names(shop(sick)).slice(0, 2).toSorted()).toEqual(['catalog', 'payments']);
  });

  it('names nobody while all is as it was', () => {
    const ranking = rankSuspects(shop({}));

    expect(namedSuspects(ranking)).toEqual([]);
    expect(ranking.none).toBeGreaterThan(2 * (ranking.suspects[0]?.belief ?? 1));
  });

  it('finds the network between callers and a service that is well itself', () => {
    const way = (pair: string, factor: number): RankedEdge => {
      const [caller = '', callee = ''] = pair.split('>');
      const client = series('latency', 0.05, factor, { label: 'client' });
      const server = series('latency', 0.04, 1, { label: 'server' });
      return {
        caller,
        callee,
        series: [
          { ...client, indicator: 'client-latency' },
          { ...server, indicator: 'server-latency' },
        ],
      };
    };
    const edges = [way('web>orders', 1), way('web>catalog', 8), way('orders>catalog', 8), way('orders>payments', 1)];

    expect(names(shop({}, { edges, symptom: null }))[0]).toBe('catalog');
  });

  it('prefers of two alike the one that was changed just before', () => {
    const sick = { payments: { cpu: 4 }, stock: { cpu: 4 } };
    const changes = [{ node: 'stock', at: FROM - MINUTE, what: 'release 31' }];

    expect(names(shop(sick, { changes }))[0]).toBe('stock');
    expect(suspect(shop(sick, { changes }), 'stock')?.clues).toContainEqual(
      expect.objectContaining({ kind: 'change', label: 'release 31' }),
    );
  });

  it('is not carried away by what was so before users felt anything', () => {
    const old = service('stock', {}, 0.04);
    const nodes = [
      ...shop(SLOW_PAYMENTS).nodes.filter(({ id }) => id !== 'stock'),
      { ...old, series: [series('latency', 0.04, 30, { since: FROM - 10 * MINUTE }), series('traffic', 50)] },
    ];

    expect(names({ ...shop(SLOW_PAYMENTS), nodes })[0]).toBe('payments');
  });
});

describe('rankSuspects under bad input', () => {
  const ids = ['web', 'orders', 'catalog', 'payments', 'stock', 'mail', 'nobody'];
  const anyEdges = fc.array(fc.record({ caller: fc.constantFrom(...ids), callee: fc.constantFrom(...ids) }), {
    maxLength: 30,
  });

  it('ranks every node once, with beliefs that make one, whatever the edges: circles, loops, strangers', () => {
    fc.assert(
      fc.property(anyEdges, fc.option(fc.constantFrom(...ids)), (edges, node) => {
        const input = shop(SLOW_PAYMENTS, { edges, symptom: node === null ? null : feltAt(node) });
        const { suspects, none } = rankSuspects(input);

        expect(suspects.map(({ node: id }) => id).toSorted()).toEqual(input.nodes.map(({ id }) => id).toSorted());
        expect(suspects.reduce((sum, { belief }) => sum + belief, none)).toBeCloseTo(1, 9);
        expect(suspects.every(({ score }, index) => score <= (suspects[index - 1]?.score ?? score))).toBe(true);
      }),
    );
  });

  it('keeps a cause that a resource proves among the first three, whatever wrong edges there are', () => {
    const sick = { ...SLOW_PAYMENTS, payments: { latency: 10, cpu: 10 } };
    fc.assert(
      fc.property(anyEdges, (edges) => {
        expect(
          rankSuspects(shop(sick, { edges }))
            .suspects.slice(0, 3)
            .map(({ node }) => node),
        ).toContain('payments');
      }),
    );
  });

  it('finds the cause in a circle of calls', () => {
    const edges = calls('web>orders', 'orders>payments', 'payments>web', 'payments>orders');

    expect(names(shop(SLOW_PAYMENTS, { edges })).slice(0, 2)).toContain('payments');
  });

  it('stays sound in a storm of NaN, and with series that end, start late, or are empty', () => {
    const odd = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308, -1, 0);
    const spoil = fc.record({
      node: fc.nat(5),
      series: fc.nat(4),
      from: fc.nat(125),
      to: fc.nat(125),
      with: fc.option(odd),
    });
    fc.assert(
      fc.property(fc.array(spoil, { maxLength: 12 }), (spoils) => {
        const input = shop(SLOW_PAYMENTS);
        const nodes = input.nodes.map((node, nodeIndex) => ({
          ...node,
          series: node.series.map((one, seriesIndex) => {
            const own = spoils.filter((spoil) => spoil.node === nodeIndex && spoil.series === seriesIndex);
            const points = one.points.flatMap((point, index) => {
              const hit = own.find(({ from, to }) => index >= from && index < to);
              if (hit === undefined) return [point];
              return hit.with === null ? [] : [{ ...point, value: hit.with }];
            });
            return { ...one, points };
          }),
        }));
        const { suspects, none } = rankSuspects({ ...input, nodes });

        expect(suspects).toHaveLength(input.nodes.length);
        expect([none, ...suspects.flatMap(({ score, belief }) => [score, belief])].every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it('loses one service of which nothing is measured, not the others', () => {
    const nodes = shop(SLOW_PAYMENTS).nodes.map((node) => (node.id === 'orders' ? { ...node, series: [] } : node));

    expect(names(shop(SLOW_PAYMENTS, { nodes }))[0]).toBe('payments');
  });

  it('ranks nothing of nothing', () => {
    expect(rankSuspects({ nodes: [], edges: SHOP, symptom: feltAt('web'), window: WINDOW })).toEqual({
      suspects: [],
      none: 1,
    });
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallGraph } from '../domain/call-graph.ts';
import { Cause, type Finding } from '../domain/finding.ts';
import { CauseReason, Reason } from '../domain/reason.ts';
import type { Subject } from '../domain/subject.ts';
import { groundOf } from './ground.ts';
import { diagnose, type IndicatorSeries, type Surroundings } from './index.ts';

const MINUTE = 60_000;
/** 14:02 UTC. */
const FROM = Date.UTC(2026, 0, 5, 14, 2);

const subject = (name: string): Subject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'shop',
  name,
  uid: `uid-${name}`,
});

function finding(reason: Reason, name: string, confidence = 0.9, summary = `${reason} on ${name}`): Finding {
  const id = `${name}-${reason}`;
  return {
    id,
    detector: 'test',
    reason,
    subject: subject(name),
    confidence,
    summary,
    figures: {},
    evidence: [`read-${id}`],
  };
}

function graph(...calls: readonly string[]): CallGraph {
  const pairs = calls.map((call) => call.split('>'));
  const names = [...new Set(pairs.flat())];
  return CallGraph.parse({
    at: FROM,
    nodes: names.map((name) => ({ id: name, kind: 'workload', name, subject: subject(name) })),
    edges: pairs.map(([from, to]) => ({ from, to, kind: 'request', sources: ['mesh'], live: true, hourAgo: true })),
    notices: [],
  });
}

function series(indicator: IndicatorSeries['indicator'], level: number, factor: number): IndicatorSeries {
  const points = Array.from({ length: 66 }, (_, index) => {
    const at = FROM + (index - 60) * MINUTE;
    return { at, value: level * (1 + 0.05 * Math.sin(index * 2.4)) * (at >= FROM ? factor : 1) };
  });
  return { indicator, label: indicator, unit: ' s', points, evidence: `series-${indicator}` };
}

/** Latency of each, as many times its usual as given. */
function around(factors: Readonly<Record<string, number>>, calls: CallGraph | null): Surroundings {
  return {
    subject: subject('web'),
    graph: calls,
    indicators: Object.entries(factors).map(([name, factor]) => ({
      subject: subject(name),
      series: [series('latency', name === 'web' ? 0.3 : 0.1, factor), series('traffic', 50, 1), series('cpu', 1, 1)],
    })),
    window: { from: FROM, to: FROM + 5 * MINUTE },
  };
}

const SHOP = graph('web>orders', 'orders>catalog', 'web>mail');

describe('diagnose with surroundings', () => {
  it('tells the chain from what users feel to the cause, each link with its evidence', () => {
    const { causes } = diagnose(
      [
        finding('latency-spike', 'web', 0.9, 'web p99 8x'),
        finding('slow-query', 'catalog', 0.9, 'catalog query 40x slower'),
      ],
      around({ web: 3, orders: 7, catalog: 8 }, SHOP),
    );

    const [cause] = causes;
    expect(cause?.subject.name).toBe('catalog');
    expect(cause?.chain?.map(({ says }) => says)).toEqual([
      'web p99 8x',
      expect.stringMatching(/^Deployment shop\/orders waits: latency 7.1x its usual 0\.1 s since 14:02$/),
      'catalog query 40x slower',
    ]);
    expect(cause?.chain?.map(({ evidence }) => evidence)).toEqual([
      ['read-web-latency-spike'],
      ['series-latency'],
      ['read-catalog-slow-query'],
    ]);
  });

  it('puts the cause before the one that only waits for it, though that is a little surer', () => {
    const { causes } = diagnose(
      [finding('connection-pool-waiting', 'orders', 0.95), finding('slow-query', 'catalog', 0.8)],
      around({ web: 3, orders: 7, catalog: 8 }, SHOP),
    );

    expect(causes.map(({ reason }) => reason)).toEqual(['slow-query', 'connection-pool-waiting']);
  });

  it('puts a bystander last', () => {
    const { causes } = diagnose(
      [finding('cpu-saturated', 'batch', 0.9), finding('application-error', 'catalog', 0.8)],
      around({ web: 3, orders: 7, catalog: 8, batch: 12 }, SHOP),
    );

    expect(causes.map(({ subject: { name } }) => name)).toEqual(['catalog', 'batch']);
  });

  it('does not let a cause explain what it cannot reach', () => {
    const { causes } = diagnose(
      [finding('latency-spike', 'orders'), finding('cpu-saturated', 'mail'), finding('slow-query', 'catalog')],
      { ...around({}, SHOP), subject: subject('orders') },
    );

    const explains = Object.fromEntries(causes.map((cause) => [cause.subject.name, cause.explains.length]));
    expect(explains).toEqual({ mail: 1, catalog: 2 });
  });

  it('says of two that are alike that both may be it, and what would settle it', () => {
    const { causes } = diagnose(
      [finding('cpu-saturated', 'mail', 0.9), finding('cpu-saturated', 'catalog', 0.9)],
      around({ web: 3, orders: 5, catalog: 8, mail: 7 }, SHOP),
    );

    expect(causes).toHaveLength(2);
    expect(causes[0]?.settledBy).toMatch(/both are causes/);
  });

  it('says when nothing that it can see explains it, and what would', () => {
    const { causes, unexplained } = diagnose([finding('latency-spike', 'web')], around({}, null));

    expect(causes).toEqual([]);
    expect(unexplained).toMatch(
      /^nothing that Hale can see explains it; what would settle it: what Deployment shop\/web/,
    );
  });

  it('says what stands out where no detector names a cause', () => {
    const { unexplained } = diagnose(
      [finding('latency-spike', 'web')],
      around({ web: 3, orders: 7, catalog: 8 }, SHOP),
    );

    expect(unexplained).toMatch(
      /^what stands out is Deployment shop\/catalog: latency 8.1x its usual 0\.1 s since 14:02/,
    );
  });

  it('keeps every cause, with a chain that ends in it, whatever the graph', () => {
    const names = ['web', 'orders', 'catalog', 'mail', 'batch'];
    const name = fc.constantFrom(...names);
    const anyGraph = fc.array(fc.tuple(name, name), { maxLength: 12 });
    const anyFinding = fc.tuple(fc.constantFrom(...Reason.options), name, fc.double({ min: 0, max: 1, noNaN: true }));
    const indicators = around({ web: 3, orders: 7, catalog: 8, mail: 1 }, null);
    fc.assert(
      fc.property(fc.array(anyFinding, { maxLength: 8 }), anyGraph, (drawn, calls) => {
        const findings = drawn.map(([reason, on, confidence], index) => ({
          ...finding(reason, on, confidence),
          id: `finding-${index}`,
        }));
        const { causes } = diagnose(findings, { ...indicators, graph: graph(...calls.map((pair) => pair.join('>'))) });

        for (const cause of causes) {
          expect(() => Cause.parse(cause)).not.toThrow();
          expect(cause.chain?.at(-1)?.subject.uid).toBe(cause.subject.uid);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the layers', () => {
  it('have a place for every cause, once', () => {
    const places = CauseReason.options.map(groundOf);

    expect(places.toSorted((a, b) => a - b)).toEqual(CauseReason.options.map((_, index) => index));
  });
});

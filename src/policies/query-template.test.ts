import { parser } from '@prometheus-io/lezer-promql';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillTemplate, measureFeltBy, renderMeasure, templateProblems } from './query-template.ts';

const ORDERS = { kind: 'Deployment', namespace: 'shop', name: 'orders' };

describe('a template', () => {
  it.each([
    ['up{namespace="$namespace"}', 'up{namespace="shop"}'],
    ['up{app="$workload",namespace="$namespace"}', 'up{app="orders",namespace="shop"}'],
    ['up{pod=~"$pods"}', 'up{pod=~"orders-[a-z0-9]{1,10}-[a-z0-9]{5}"}'],
    ['up{job=~"$namespace/$workload.*"}', 'up{job=~"shop/orders.*"}'],
    ['sum(rate(a{pod!~"$pods"}[1m])) / 2', 'sum(rate(a{pod!~"orders-[a-z0-9]{1,10}-[a-z0-9]{5}"}[1m])) / 2'],
    ['{"http.requests","k8s.pod"=~"x$",ns="$namespace"}', '{"http.requests","k8s.pod"=~"x$",ns="shop"}'],
  ])('%s', (template, expected) => {
    expect(templateProblems(template)).toEqual([]);
    expect(fillTemplate(template, ORDERS)).toBe(expected);
  });

  it('names those who feel it beside those that are changed', () => {
    const template = 'up{namespace="$namespace",pod!~"$pods"} or up{namespace="$felt_namespace",pod=~"$felt_pods"}';
    const greedy = { kind: 'StatefulSet', namespace: 'batch', name: 'import' };

    expect(templateProblems(template)).toEqual([]);
    expect(fillTemplate(template, greedy, ORDERS)).toBe(
      'up{namespace="batch",pod!~"import-[0-9]+"} or up{namespace="shop",pod=~"orders-[a-z0-9]{1,10}-[a-z0-9]{5}"}',
    );
    expect(fillTemplate('up{app="$felt_workload"}', ORDERS)).toBe('up{app="orders"}');
  });

  it('escapes a name where it is read as a regular expression, and only there', () => {
    const dotted = { ...ORDERS, name: 'orders.v2' };

    expect(fillTemplate('up{a="$workload",b=~"$workload"}', dotted)).toBe('up{a="orders.v2",b=~"orders\\\\.v2"}');
  });
});

describe('a template is refused for', () => {
  it.each([
    ['a name that is not known', 'up{a="$cluster"}', '$cluster is not known; allowed: $namespace, $workload, $pods'],
    ['a place outside of quotes', 'up{a="x"} > $workload', 'not PromQL'],
    ['single quotes', "up{a='$workload'}", '$workload stands outside of a label matcher in double quotes'],
    ['backticks', 'up{a=`$workload`}', '$workload stands outside of a label matcher in double quotes'],
    [
      'the argument of a function',
      'label_replace(up, "a", "$workload", "b", "c")',
      '$workload stands outside of a label matcher',
    ],
    ['pods compared as text', 'up{pod="$pods"}', '$pods is a regular expression; write pod=~"$pods"'],
    ['pods that feel it compared as text', 'up{pod="$felt_pods"}', 'write pod=~"$felt_pods"'],
    ['no PromQL', 'sum(up', 'not PromQL'],
    ['nothing in it', '', 'not PromQL'],
  ])('%s', (_name, template, expected) => {
    expect(templateProblems(template).join()).toContain(expected);
  });
});

describe('whatever a name is', () => {
  it('the query keeps its shape and the matcher gets the name', () => {
    const shape = (query: string) => {
      const names: string[] = [];
      parser.parse(query).iterate({ enter: (node) => void names.push(node.name) });
      return names;
    };
    const template = 'sum(up{namespace="$namespace",app="$workload"}) / sum(up{app!~"$workload",pod=~"$pods"})';

    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (namespace, name) => {
        const query = fillTemplate(template, { kind: 'StatefulSet', namespace, name });

        expect(shape(query)).toEqual(shape(template));
      }),
    );
  });

  it('is not taken for another name to fill in', () => {
    const query = fillTemplate('up{a="$namespace",b="$workload"}', { ...ORDERS, namespace: '$workload' });

    expect(query).toBe('up{a="$workload",b="orders"}');
  });
});

const ORDERS_SET = { kind: 'StatefulSet', namespace: 'shop', name: 'orders' };

it('renders a rule as a plan keeps it', () => {
  const measure = renderMeasure(
    {
      indicator: 'a{pod=~"$pods",caller=~"$felt_pods"}',
      unit: 'seconds',
      goodAtMost: 0.5,
      traffic: 'b{namespace="$namespace"}',
      minimumTraffic: 1,
      hold: 60_000,
      deadline: 600_000,
      settle: 60_000,
      worseFactor: 1.5,
    },
    { subject: { apiVersion: 'apps/v1', uid: 'uid', ...ORDERS, kind: 'StatefulSet' } },
  );

  expect(measure).toEqual({
    indicator: 'a{pod=~"orders-[0-9]+",caller=~"orders-[0-9]+"}',
    unit: 'seconds',
    goodAtMost: 0.5,
    traffic: 'b{namespace="shop"}',
    minimumTraffic: 1,
    holdMs: 60_000,
    deadlineMs: 600_000,
    settleMs: 60_000,
    worseFactor: 1.5,
    neighbours: null,
    elsewhere: { indicator: 'a{pod=~"orders-[0-9]+",caller=~"$felt_pods"}', traffic: 'b{namespace="shop"}' },
  });
  expect(measureFeltBy(measure, { kind: 'StatefulSet', namespace: 'shop', name: 'web' })).toEqual({
    indicator: 'a{pod=~"orders-[0-9]+",caller=~"web-[0-9]+"}',
    traffic: 'b{namespace="shop"}',
  });
  expect(measureFeltBy({ ...measure, elsewhere: undefined }, ORDERS_SET)).toBeNull();
});

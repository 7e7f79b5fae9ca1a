import { expect, test } from 'vitest';
import { type ClusterSnapshot, changedPaths, collateral, type PodSnapshot } from './collateral.ts';
import type { MayMove } from './fault.ts';

const ORDERS = 'Deployment shop/orders';

function pod(uid: string, workload: string, restarts = 0): PodSnapshot {
  return { uid, namespace: 'shop', name: `pod-${uid}`, workload, restarts };
}

function snapshot(objects: Record<string, unknown>, pods: readonly PodSnapshot[] = []): ClusterSnapshot {
  return { objects: new Map(Object.entries(objects)), pods };
}

const scaling: MayMove = {
  kind: 'Deployment',
  namespace: 'shop',
  name: 'orders',
  fields: ['spec.replicas'],
  pods: 'come-and-go',
};

test.each([
  { before: { a: 1 }, after: { a: 1 }, paths: [] },
  { before: { a: { b: 1, c: 2 } }, after: { a: { b: 1, c: 3 } }, paths: ['a.c'] },
  { before: { a: [1] }, after: { a: [1, 2] }, paths: ['a'] },
  { before: {}, after: { a: { b: 1 } }, paths: ['a'] },
  { before: { a: { b: 1 } }, after: { a: null }, paths: ['a'] },
])('case %#: differs at $paths', ({ before, after, paths }) => {
  expect(changedPaths(before, after)).toEqual(paths);
});

test('a scale-out and its new pods are no collateral where they may be', () => {
  const before = snapshot({ [ORDERS]: { spec: { replicas: 2 } } }, [pod('1', ORDERS)]);
  const after = snapshot({ [ORDERS]: { spec: { replicas: 3 } } }, [pod('1', ORDERS), pod('2', ORDERS)]);

  expect(collateral(before, after, [scaling])).toEqual([]);
  expect(collateral(before, after, [])).toEqual([
    'Deployment shop/orders changed at spec.replicas',
    'Pod shop/pod-2 was created',
  ]);
});

test('leave to scale is no leave for anything else', () => {
  const web = 'Deployment shop/web';
  const before = snapshot({ [ORDERS]: { spec: { replicas: 2, paused: false } }, [web]: { spec: { replicas: 2 } } }, [
    pod('1', ORDERS),
    pod('2', web),
  ]);
  const after = snapshot({ [ORDERS]: { spec: { replicas: 2, paused: true } }, [web]: { spec: { replicas: 1 } } }, [
    pod('1', ORDERS, 1),
  ]);

  expect(collateral(before, after, [scaling])).toEqual([
    'Deployment shop/orders changed at spec.paused',
    'Deployment shop/web changed at spec.replicas',
    'Pod shop/pod-1 was restarted 1 times',
    'Pod shop/pod-2 was deleted',
  ]);
});

test('objects that come or go are told', () => {
  expect(collateral(snapshot({ 'Service shop/a': {} }), snapshot({ 'Service shop/b': {} }), [])).toEqual([
    'Service shop/a was deleted',
    'Service shop/b was created',
  ]);
});

import { describe, expect, it } from 'vitest';
import type { CacheState, NamespaceView, WorkloadView } from '../ports/cluster.ts';
import { examplePlan } from './facts-for-tests.ts';
import { rolloutOf, scopeOf, subjectOf } from './workload-facts.ts';
import { examplePods, exampleWorkload } from './world-for-tests.ts';

describe('scope', () => {
  const KEY = 'hale.dev/enabled';
  const yes = { [KEY]: 'true' };
  const no = { [KEY]: 'false' };
  type Marks = Pick<WorkloadView, 'labels' | 'annotations'>;
  const bare: Marks = { labels: {}, annotations: {} };

  it.each<[string, string[], Marks, Marks | null, object]>([
    [
      'annotation of the workload',
      ['shop'],
      { ...bare, annotations: yes },
      bare,
      { workloadOptedIn: true, namespaceAllowed: true },
    ],
    ['label of the workload', ['shop'], { ...bare, labels: yes }, bare, { workloadOptedIn: true }],
    ['label of the namespace', ['shop'], bare, { ...bare, labels: yes }, { workloadOptedIn: true }],
    [
      'the workload says no, its namespace yes',
      ['shop'],
      { ...bare, annotations: no },
      { ...bare, labels: yes },
      { workloadOptedIn: false },
    ],
    ['label and annotation differ', ['shop'], { labels: yes, annotations: no }, bare, { workloadOptedIn: false }],
    ['another word', ['shop'], { ...bare, labels: { [KEY]: 'yes' } }, bare, { workloadOptedIn: false }],
    ['nothing written', ['shop'], bare, bare, { workloadOptedIn: false }],
    ['no such namespace', ['shop'], bare, null, { workloadOptedIn: false }],
    ['not in the list', ['other'], { ...bare, labels: yes }, bare, { namespaceAllowed: false, workloadOptedIn: true }],
    ['all namespaces', ['*'], { ...bare, labels: yes }, bare, { namespaceAllowed: true, workloadOptedIn: true }],
  ])('%s', (_name, namespaces, workload, namespace, expected) => {
    const view: NamespaceView | null = namespace && { name: 'shop', ...namespace };
    const cluster = { namespace: () => view, cacheState: (): CacheState => ({ state: 'ready' }) };

    const told = scopeOf(exampleWorkload(workload), cluster, { namespaces, optInKey: KEY });

    expect(told).toMatchObject({ value: expected });
  });

  it('does not take the namespace from a cache that is behind', () => {
    const cluster = {
      namespace: () => ({ name: 'shop', labels: yes, annotations: {} }),
      cacheState: (): CacheState => ({ state: 'behind', since: 1, detail: 'watch lost' }),
    };

    const told = scopeOf(exampleWorkload(bare), cluster, { namespaces: ['shop'], optInKey: KEY });

    expect(told).toEqual({ why: 'namespace shop is read from a cache that is behind' });
  });
});

describe('rollout', () => {
  it.each<[string, Partial<WorkloadView>, number, string]>([
    ['all updated', {}, 3, 'stable'],
    ['pods too busy to be ready', { readyReplicas: 0, availableReplicas: 0 }, 3, 'stable'],
    ['a generation that is not observed', { generation: 8 }, 3, 'progressing'],
    ['some updated', { updatedReplicas: 1 }, 3, 'progressing'],
    ['old pods that have not left', {}, 4, 'progressing'],
    ['paused', { paused: true }, 3, 'paused'],
    ['deadline exceeded', { progressDeadlineExceeded: true }, 3, 'failed'],
    ['a kind without replicas', { replicas: null, updatedReplicas: 0 }, 3, 'stable'],
  ])('%s', (_name, changes, pods, state) => {
    const told = rolloutOf(exampleWorkload(changes), { podsOf: () => examplePods(pods) });

    expect(told).toMatchObject({ value: { state } });
  });

  it('does not count pods that are over', () => {
    const pods = [...examplePods(3), ...examplePods(2, 'Failed')];

    const told = rolloutOf(exampleWorkload(), { podsOf: () => pods });

    expect(told).toMatchObject({ value: { state: 'stable' } });
  });
});

describe('subject', () => {
  it('reads what the plan touches', () => {
    const told = subjectOf(exampleWorkload({ replicas: 4 }), examplePlan());

    expect(told).toEqual({ value: { uid: 'uid-orders', replicas: 4, touched: { 'spec.replicas': 4 } } });
  });

  it('says which field it cannot read', () => {
    const { preview } = examplePlan();
    const plan = examplePlan({ preview: { ...preview, touches: { 'spec.template': 'x' } } });

    const told = subjectOf(exampleWorkload(), plan);

    expect(told).toMatchObject({ why: expect.stringContaining('spec.template') });
  });
});

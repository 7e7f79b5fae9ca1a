import { describe, expect, it } from 'vitest';
import {
  autoscalerOf,
  type ClusterTables,
  createClusterTables,
  findWorkload,
  podsOf,
  workloadOf,
  workloadOfGonePod,
} from './cache.ts';
import { SUBJECT_RESOURCES, WATCHED } from './resources.ts';
import { autoscalerRecord, podRecord, replicaSetRecord, workloadView } from './views.ts';

const NS = 'shop';

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

function meta(name: string, owner?: Owner, more: object = {}): object {
  const ownerReferences = owner === undefined ? [] : [{ ...owner, controller: true }];
  return { name, namespace: NS, uid: `uid-${name}`, resourceVersion: '1', ownerReferences, ...more };
}

function addPod(tables: ClusterTables, name: string, owner?: Owner, ready = true): void {
  const status = {
    phase: 'Running',
    podIP: '10.0.0.1',
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
  };
  const spec = { nodeName: 'n', containers: [{ name: 'main', image: 'i' }] };
  tables.pods.set(NS, name, podRecord({ metadata: meta(name, owner, { labels: { app: 'a' } }), spec, status }));
}

function addReplicaSet(tables: ClusterTables, name: string, owner?: Owner): Owner {
  tables.replicaSets.set(NS, name, replicaSetRecord({ metadata: meta(name, owner, { labels: { rs: name } }) }));
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: `uid-${name}` };
}

function addWorkload(tables: ClusterTables, kind: 'Deployment' | 'StatefulSet' | 'DaemonSet', name: string): Owner {
  const resource = Object.values(WATCHED).find((it) => it.kind === kind) ?? WATCHED.deployments;
  tables.workloads[kind].set(NS, name, workloadView({ metadata: meta(name), spec: { replicas: 1 } }, resource));
  return { apiVersion: 'apps/v1', kind, name, uid: `uid-${name}` };
}

function topOf(tables: ClusterTables, pod: string): string | null {
  const record = tables.pods.get(NS, pod);
  const subject = record === undefined ? null : (workloadOf(tables, record)?.subject ?? null);
  return subject === null ? null : `${subject.apiVersion} ${subject.kind} ${subject.name} ${subject.uid}`;
}

describe('the owner chain of a pod', () => {
  it.each(['StatefulSet', 'DaemonSet'] as const)('ends at its %s', (kind) => {
    const tables = createClusterTables();
    addPod(tables, 'p', addWorkload(tables, kind, 'db'));

    expect(topOf(tables, 'p')).toBe(`apps/v1 ${kind} db uid-db`);
  });

  it('ends at the Deployment behind its ReplicaSet', () => {
    const tables = createClusterTables();
    addPod(tables, 'p', addReplicaSet(tables, 'web-1', addWorkload(tables, 'Deployment', 'web')));

    expect(topOf(tables, 'p')).toBe('apps/v1 Deployment web uid-web');
  });

  it('ends at a Job, of which only its pods are known', () => {
    const tables = createClusterTables();
    const job = { apiVersion: 'batch/v1', kind: 'Job', name: 'import', uid: 'uid-import' };
    addPod(tables, 'p', job);
    addPod(tables, 'q', job, false);

    expect(topOf(tables, 'p')).toBe('batch/v1 Job import uid-import');
    expect(findWorkload(tables, { namespace: NS, kind: 'Job', name: 'import' })).toMatchObject({
      replicas: null,
      readyReplicas: 1,
      updatedReplicas: 2,
    });
  });

  it('stops at the ReplicaSet of a foreign controller, and names that', () => {
    const tables = createClusterTables();
    const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'uid-rollout' };
    addPod(tables, 'p', addReplicaSet(tables, 'web-1', rollout));

    const view = findWorkload(tables, { namespace: NS, kind: 'ReplicaSet', name: 'web-1' });

    expect(topOf(tables, 'p')).toBe('apps/v1 ReplicaSet web-1 uid-web-1');
    expect(view?.controller).toEqual({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web' });
    expect(view).toMatchObject({ replicas: null, readyReplicas: 1, labels: { rs: 'web-1' } });
  });

  it('does not take a foreign kind of a known name for the known one', () => {
    const tables = createClusterTables();
    addWorkload(tables, 'StatefulSet', 'db');
    addPod(tables, 'p', { apiVersion: 'apps.kruise.io/v1', kind: 'StatefulSet', name: 'db', uid: 'uid-other' });

    expect(topOf(tables, 'p')).toBe('v1 Pod p uid-p');
  });

  it.each([
    [
      'the ReplicaSet is not known yet',
      (tables: ClusterTables) =>
        addPod(tables, 'p', { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: 'u' }),
    ],
    [
      'the ReplicaSet of that name is another one',
      (tables: ClusterTables) => addPod(tables, 'p', { ...addReplicaSet(tables, 'x'), uid: 'u' }),
    ],
    [
      'the Deployment is not known yet',
      (tables: ClusterTables) =>
        addPod(
          tables,
          'p',
          addReplicaSet(tables, 'x', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: 'u' }),
        ),
    ],
    [
      'the Deployment of that name is another one',
      (tables: ClusterTables) =>
        addPod(tables, 'p', addReplicaSet(tables, 'x', { ...addWorkload(tables, 'Deployment', 'd'), uid: 'u' })),
    ],
  ])('is nobody knows whose while %s', (_what, fill) => {
    const tables = createClusterTables();
    fill(tables);

    expect(topOf(tables, 'p')).toBeNull();
  });
});

describe('pods of a workload', () => {
  it('are those of all its revisions, and of no other', () => {
    const tables = createClusterTables();
    const web = addWorkload(tables, 'Deployment', 'web');
    addPod(tables, 'new', addReplicaSet(tables, 'web-2', web));
    addPod(tables, 'old', addReplicaSet(tables, 'web-1', web));
    addPod(tables, 'other', addReplicaSet(tables, 'api-1', addWorkload(tables, 'Deployment', 'api')));
    addPod(tables, 'alone');

    const names = podsOf(tables, { ...web, namespace: NS }).map((it) => it.name);

    expect(names.sort()).toEqual(['new', 'old']);
  });
});

describe('a reference', () => {
  it('to a ReplicaSet or pod that something owns finds no workload: the owner is it', () => {
    const tables = createClusterTables();
    addPod(tables, 'p', addReplicaSet(tables, 'web-1', addWorkload(tables, 'Deployment', 'web')));

    expect(findWorkload(tables, { namespace: NS, kind: 'ReplicaSet', name: 'web-1' })).toBeNull();
    expect(findWorkload(tables, { namespace: NS, kind: 'Pod', name: 'p' })).toBeNull();
  });
});

describe('autoscalers', () => {
  const hpa = (labels: object, target: object): unknown => ({
    metadata: meta('hpa', undefined, { labels }),
    spec: { scaleTargetRef: target, maxReplicas: 9 },
  });
  const subject = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: NS, name: 'web', uid: 'u' };

  it.each([
    ['its own kind, group and name', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, true],
    ['an older version of its group', { apiVersion: 'apps/v1beta2', kind: 'Deployment', name: 'web' }, true],
    ['another name', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' }, false],
    ['another kind', { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web' }, false],
    ['another group', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Deployment', name: 'web' }, false],
  ])('that target %s', (_what, target, found) => {
    const tables = createClusterTables();
    tables.autoscalers.set(NS, 'hpa', autoscalerRecord(hpa({}, target)));

    const expected = { name: 'hpa', by: 'HorizontalPodAutoscaler', minReplicas: 1, maxReplicas: 9 };
    expect(autoscalerOf(tables, subject)).toEqual(found ? expected : null);
  });

  it('of KEDA are named after their ScaledObject', () => {
    const record = autoscalerRecord(hpa({ 'scaledobject.keda.sh/name': 'web-so' }, {}));

    expect(record.view).toMatchObject({ name: 'web-so', by: 'KEDA' });
  });
});

describe('the view of a workload', () => {
  const resourceOf = (kind: string) => SUBJECT_RESOURCES.find((it) => it.kind === kind) ?? WATCHED.deployments;

  it.each([
    ['nothing is recorded', [], null],
    [
      'one set it',
      [{ manager: 'helm', time: '2026-01-01T00:00:00Z', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }],
      'helm',
    ],
    [
      'the scale subresource was written since',
      [
        {
          manager: 'kube-controller-manager',
          subresource: 'scale',
          time: '2026-01-02T00:00:00Z',
          fieldsV1: { 'f:spec': { 'f:replicas': {} } },
        },
        { manager: 'helm', time: '2026-01-01T00:00:00Z', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
        { manager: 'kubectl', time: '2026-01-03T00:00:00Z', fieldsV1: { 'f:metadata': {} } },
      ],
      'kube-controller-manager',
    ],
  ])('says who set the replicas when %s', (_what, managedFields, manager) => {
    const view = workloadView({ metadata: meta('web', undefined, { managedFields }) }, WATCHED.deployments);

    expect(view.replicasManager).toBe(manager);
  });

  it.each([
    ['Deployment', { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 3 }, [4, 1, 2, 3]],
    ['StatefulSet', { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 3 }, [4, 1, 2, 3]],
    ['ReplicaSet', { readyReplicas: 1, replicas: 2, availableReplicas: 3 }, [4, 1, 2, 3]],
    ['DaemonSet', { numberReady: 1, updatedNumberScheduled: 2, numberAvailable: 3 }, [null, 1, 2, 3]],
  ])('counts the replicas of a %s', (kind, status, expected) => {
    const view = workloadView({ metadata: meta('web'), spec: { replicas: 4 }, status }, resourceOf(kind));

    expect([view.replicas, view.readyReplicas, view.updatedReplicas, view.availableReplicas]).toEqual(expected);
  });

  it('reads 1 where the number of replicas was left out, and sees a rollout that does not progress', () => {
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];

    const view = workloadView(
      { metadata: meta('web'), spec: { paused: true }, status: { conditions } },
      WATCHED.deployments,
    );

    expect(view).toMatchObject({ replicas: 1, paused: true, progressDeadlineExceeded: true });
  });

  it('keeps annotations but not the copy of the whole object that kubectl leaves', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', 'hale.dev/enabled': 'true' };

    const view = workloadView({ metadata: meta('web', undefined, { annotations }) }, WATCHED.deployments);

    expect(view.annotations).toEqual({ 'hale.dev/enabled': 'true' });
  });

  it.each([null, 'text', {}, { metadata: {} }, { metadata: { name: 'web', namespace: NS } }])(
    'is not made of %j',
    (object) => {
      expect(() => workloadView(object, WATCHED.deployments)).toThrow('an object without metadata');
    },
  );
});

describe('a pod that is gone', () => {
  it('still belongs to its workload while that is there, and to no other of the name', () => {
    const tables = createClusterTables();
    const deployment = addWorkload(tables, 'Deployment', 'web');
    addPod(tables, 'web-5d9-abcde', addReplicaSet(tables, 'web-5d9', deployment));
    addPod(tables, 'alone');
    for (const name of ['web-5d9-abcde', 'alone']) tables.pods.remove(NS, name);

    expect(workloadOfGonePod(tables, NS, 'web-5d9-abcde')?.subject).toMatchObject({ kind: 'Deployment', name: 'web' });
    expect(workloadOfGonePod(tables, NS, 'alone')).toBeNull();
    expect(workloadOfGonePod(tables, NS, 'never')).toBeNull();
    tables.replicaSets.set(
      NS,
      'web-5d9',
      replicaSetRecord({ metadata: { ...meta('web-5d9', deployment), uid: 'other' } }),
    );
    expect(workloadOfGonePod(tables, NS, 'web-5d9-abcde')).toBeNull();
  });

  it('is forgotten after some thousands of others', () => {
    const tables = createClusterTables();
    const owner = addReplicaSet(tables, 'web-5d9', addWorkload(tables, 'Deployment', 'web'));
    for (let index = 0; index <= 2_000; index++) {
      addPod(tables, `web-5d9-${index}`, owner);
      tables.pods.remove(NS, `web-5d9-${index}`);
    }

    expect(workloadOfGonePod(tables, NS, 'web-5d9-0')).toBeNull();
    expect(workloadOfGonePod(tables, NS, 'web-5d9-1')).not.toBeNull();
  });
});

import { expect, test } from 'vitest';
import type { Pod } from '../kubelet/pod.ts';
import type { ClusterObjects } from './objects.ts';
import { stateMetricsPage } from './page.ts';

const NOTHING: ClusterObjects = {
  deployments: [],
  replicasets: [],
  statefulsets: [],
  daemonsets: [],
  pods: [],
  autoscalers: [],
  nodes: [],
  claims: [],
  jobs: [],
  budgets: [],
};
const samples = (objects: Partial<ClusterObjects>) =>
  stateMetricsPage({ ...NOTHING, ...objects })
    .split('\n')
    .filter((it) => it !== '' && !it.startsWith('#'));

const pod: Pod = {
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    uid: 'u',
    deletionTimestamp: '1970-01-01T00:01:00Z',
    ownerReferences: [{ kind: 'ReplicaSet', name: 'web', uid: 'r', controller: true }],
  },
  spec: {
    nodeName: 'node-1',
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: 'web-data' } },
      { name: 'tmp', emptyDir: {} },
    ],
    containers: [{ name: 'c', image: 'i:1', resources: { limits: { memory: '64Mi', cpu: '100m' } } }],
  },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [
      {
        name: 'c',
        image: 'i:1',
        imageID: 'i:1',
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: {
          terminated: {
            exitCode: 137,
            reason: 'OOMKilled',
            startedAt: '1970-01-01T00:00:05Z',
            finishedAt: '1970-01-01T00:00:09Z',
            containerID: 'process://1',
          },
        },
        restartCount: 3,
        ready: false,
        started: false,
      },
    ],
  },
};

test('a pod in a crash loop', () => {
  const lines = samples({ pods: [pod] });

  const of = '{namespace="shop",pod="web-1",uid="u"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `kube_pod_owner${of},owner_kind="ReplicaSet",owner_name="web",owner_is_controller="true"} 1`,
      `kube_pod_status_phase${of},phase="Running"} 1`,
      `kube_pod_status_phase${of},phase="Pending"} 0`,
      `kube_pod_deletion_timestamp${of}} 60`,
      `kube_pod_status_ready${of},condition="false"} 1`,
      `kube_pod_container_status_restarts_total${of},container="c"} 3`,
      `kube_pod_container_status_waiting_reason${of},container="c",reason="CrashLoopBackOff"} 1`,
      `kube_pod_container_status_last_terminated_reason${of},container="c",reason="OOMKilled"} 1`,
      `kube_pod_container_status_last_terminated_exitcode${of},container="c"} 137`,
      `kube_pod_container_resource_limits${of},node="node-1",container="c",resource="memory",unit="byte"} 67108864`,
      `kube_pod_container_resource_limits${of},node="node-1",container="c",resource="cpu",unit="core"} 0.1`,
    ]),
  );
  expect(lines.filter((it) => it.startsWith('kube_pod_status_reason'))).toEqual([]);
  expect(lines.filter((it) => it.startsWith('kube_pod_spec_volumes'))).toEqual([
    `kube_pod_spec_volumes_persistentvolumeclaims_info${of},volume="data",persistentvolumeclaim="web-data"} 1`,
  ]);
});

test('a rollout that makes no progress, and an autoscaler at its limit', () => {
  const metadata = { name: 'web', namespace: 'shop', generation: 2 };
  const lines = samples({
    deployments: [
      {
        metadata,
        spec: { replicas: 3 },
        status: {
          replicas: 3,
          observedGeneration: 1,
          conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
        },
      },
    ],
    autoscalers: [
      {
        metadata,
        spec: {
          maxReplicas: 3,
          scaleTargetRef: { kind: 'Deployment', name: 'web' },
          metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 80 } } }],
        },
        status: {
          currentReplicas: 3,
          desiredReplicas: 3,
          conditions: [{ type: 'ScalingLimited', status: 'True' }],
          currentMetrics: [{ resource: { name: 'cpu', current: { averageUtilization: 190, averageValue: '500m' } } }],
        },
      },
    ],
  });

  const deployment = '{namespace="shop",deployment="web"';
  const autoscaler = '{namespace="shop",horizontalpodautoscaler="web"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `kube_deployment_metadata_generation${deployment}} 2`,
      `kube_deployment_status_observed_generation${deployment}} 1`,
      `kube_deployment_status_condition${deployment},reason="ProgressDeadlineExceeded",condition="Progressing",status="false"} 1`,
      `kube_horizontalpodautoscaler_spec_max_replicas${autoscaler}} 3`,
      `kube_horizontalpodautoscaler_status_condition${autoscaler},condition="ScalingLimited",status="true"} 1`,
      `kube_horizontalpodautoscaler_spec_target_metric${autoscaler},metric_name="cpu",metric_target_type="utilization"} 80`,
      `kube_horizontalpodautoscaler_status_target_metric${autoscaler},metric_name="cpu",metric_target_type="utilization"} 190`,
      `kube_horizontalpodautoscaler_status_target_metric${autoscaler},metric_name="cpu",metric_target_type="average"} 0.5`,
    ]),
  );
});

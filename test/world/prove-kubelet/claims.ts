import { WORLD_IMAGES } from '../kubelet/runtime.ts';
import { CORE, NAMESPACE, type Stage } from './stage.ts';

/** One thing that faults rely on. */
export interface Claim {
  readonly name: string;
  readonly begin: (stage: Stage) => Promise<unknown>;
  /** Says what was seen once the claim holds, or undefined while it does not. */
  readonly look: (stage: Stage) => Promise<string | undefined>;
}

const node = (script: string) => ({ command: [process.execPath, '-e', script] });
const shell = (script: string) => ({ command: ['/bin/sh', '-c', script] });
const ASK_API = `const fs = require('fs'), at = '/var/run/secrets/kubernetes.io/serviceaccount/';
const read = (name) => fs.readFileSync(at + name, 'utf8');
require('https').get({ host: process.env.KUBERNETES_SERVICE_HOST, port: 443, ca: read('ca.crt'),
  path: '/api/v1/namespaces/' + read('namespace') + '/pods', headers: { authorization: 'Bearer ' + read('token') } },
  (answer) => answer.on('data', (it) => console.log(answer.statusCode, String(it)))); setInterval(() => {}, 1e6)`;

export const CLAIMS: readonly Claim[] = [
  {
    name: 'out of memory',
    begin: (it) =>
      it.createPod('eater', {
        ...node('const kept = []; setInterval(() => kept.push(Buffer.alloc(8e6, 1)), 20)'),
        resources: { limits: { memory: '100Mi' } },
      }),
    async look({ pod, value }) {
      const last = (await pod('eater')).status?.containerStatuses?.[0]?.lastState.terminated;
      const counted = await value('container_oom_events_total{namespace="proof",pod="eater"}');
      const told = await value(
        'kube_pod_container_status_last_terminated_reason{pod="eater",reason="OOMKilled",container="c"}',
      );
      if (last?.reason !== 'OOMKilled' || !counted || told !== 1) return undefined;
      return `reason ${last.reason}, exit code ${last.exitCode}, ${counted} kills counted`;
    },
  },
  {
    name: 'throttling',
    begin: (it) => it.createPod('busy', { ...node('for (;;);'), resources: { limits: { cpu: '100m' } } }),
    async look({ value }) {
      const of = '{namespace="proof",pod="busy",container="c"}';
      const share = await value(
        `rate(container_cpu_cfs_throttled_periods_total${of}[20s]) / rate(container_cpu_cfs_periods_total${of}[20s])`,
      );
      const used = await value(`rate(container_cpu_usage_seconds_total${of}[20s])`);
      if (share === undefined || used === undefined || share < 0.5 || used < 0.05 || used > 0.13) return undefined;
      return `throttled in ${Math.round(share * 100)} % of periods, ${used.toFixed(3)} processors used of 0.1`;
    },
  },
  {
    name: 'crash loop, previous log',
    begin: (it) => it.createPod('crasher', shell('echo first; echo run of $$$$; exit 3')),
    async look({ pod, log }) {
      const status = (await pod('crasher')).status?.containerStatuses?.[0];
      if (status?.state.waiting?.reason !== 'CrashLoopBackOff' || status.restartCount < 2) return undefined;
      const previous = await log('crasher', 'previous=true&tailLines=1');
      const cut = await log('crasher', 'previous=true&limitBytes=5');
      if (!/^run of \d+\n$/.test(previous) || cut !== 'first') return undefined;
      return `${status.restartCount} restarts, exit code ${status.lastState.terminated?.exitCode}, pods/log: ${previous}`;
    },
  },
  {
    name: 'volume that fills up',
    async begin({ create, createPod }) {
      await create(`${CORE}/persistentvolumeclaims`, {
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '32Mi' } } },
      });
      await createPod(
        'writer',
        {
          ...shell('dd if=/dev/zero of=/data/fill bs=1M; sync; sleep 1000'),
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
        { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
      );
    },
    async look({ log, value }) {
      const left = await value('kubelet_volume_stats_available_bytes{persistentvolumeclaim="data"}');
      const all = await value('kubelet_volume_stats_capacity_bytes{persistentvolumeclaim="data"}');
      const text = await log('writer');
      if (!text.includes('No space left on device') || left === undefined || all === undefined || left > all / 20)
        return undefined;
      return `No space left on device, ${left} of ${all} bytes free`;
    },
  },
  {
    name: 'token in a pod',
    begin: (it) => it.createPod('client', node(ASK_API), { automountServiceAccountToken: true }),
    async look({ log }) {
      const who = /403 .*User \\"(system:serviceaccount:proof:default)\\" cannot list/.exec(
        (await log('client')).replaceAll('\n', ' '),
      );
      return who?.[1] && `the API server knows ${who[1]} and refuses it by RBAC`;
    },
  },
  {
    name: 'missing ConfigMap, then there',
    begin: (it) =>
      it.createPod(
        'patient',
        { ...shell('cat /etc/settings/mode; sleep 1000'), volumeMounts: [{ name: 's', mountPath: '/etc/settings' }] },
        { volumes: [{ name: 's', configMap: { name: 'settings' } }] },
      ),
    async look({ create, events, log, pod }) {
      const state = (await pod('patient')).status?.containerStatuses?.[0]?.state;
      if (state?.running) return (await log('patient')) === 'calm' ? 'FailedMount, then mounted' : undefined;
      const failed = (await events('patient')).some((it) => it.reason === 'FailedMount');
      if (!failed || state?.waiting?.reason !== 'ContainerCreating') return undefined;
      await create(`${CORE}/configmaps`, { kind: 'ConfigMap', metadata: { name: 'settings' }, data: { mode: 'calm' } });
      return undefined;
    },
  },
  {
    name: 'does not fit on any node',
    begin: (it) => it.createPod('giant', { ...shell('sleep 1000'), resources: { requests: { cpu: '2' } } }),
    async look({ pod, events }) {
      const scheduled = (await pod('giant')).status?.conditions?.find((it) => it.type === 'PodScheduled');
      const event = (await events('giant')).find((it) => it.reason === 'FailedScheduling');
      return scheduled?.reason === 'Unschedulable' ? event?.message : undefined;
    },
  },
  {
    name: 'eviction with grace',
    begin: (it) => it.createPod('evicted', shell('trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.2; done')),
    async look({ create, pod, log }) {
      const { metadata, status } = await pod('evicted');
      if (status?.phase !== 'Running' || metadata.deletionTimestamp) return undefined;
      if ((await log('evicted')) !== 'up\n') return undefined;
      const followed = log('evicted', 'follow=true');
      await create(`${CORE}/pods/evicted/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: 'evicted' },
      });
      return (await followed).includes('bye') ? 'SIGTERM reached it, and its last words were followed' : undefined;
    },
  },
  {
    name: 'autoscaler',
    async begin({ create }) {
      const labels = { app: 'burner' };
      await create(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'burner' },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              automountServiceAccountToken: false,
              terminationGracePeriodSeconds: 1,
              containers: [
                {
                  ...node('for (;;);'),
                  name: 'c',
                  image: `${WORLD_IMAGES}proof:1`,
                  resources: { requests: { cpu: '50m' }, limits: { cpu: '100m' } },
                },
              ],
            },
          },
        },
      });
      await create(`/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers`, {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'burner' },
        spec: {
          maxReplicas: 3,
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'burner' },
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
          ],
        },
      });
    },
    async look({ value }) {
      const of = '{horizontalpodautoscaler="burner"}';
      const current = await value(`kube_horizontalpodautoscaler_status_current_replicas${of}`);
      const limited = await value(
        `kube_horizontalpodautoscaler_status_condition{horizontalpodautoscaler="burner",condition="ScalingLimited",status="true"}`,
      );
      return current === 3 && limited === 1 ? 'from 1 to 3 replicas, and ScalingLimited' : undefined;
    },
  },
];

/** Objects as a cluster of services has them: labels of a chart, twenty variables, probes, a sidecar, and what its controllers wrote. */
export interface BenchPod {
  readonly namespace: string;
  readonly name: string;
}

const NAMESPACES = 50;
const NODES = 200;
const WORKLOADS_WITH_AUTOSCALER = 10;
const VARIABLES = 20;
const SINCE = '2026-01-01T00:00:00Z';

export function namespaceOf(workload: number): string {
  return `team-${workload % NAMESPACES}`;
}

export function namespaceNames(workloads: number): string[] {
  return Array.from({ length: Math.min(NAMESPACES, workloads) }, (_, index) => namespaceOf(index));
}

export function hasAutoscaler(workload: number): boolean {
  return workload % WORKLOADS_WITH_AUTOSCALER === 0;
}

function labelsOf(workload: number): Record<string, string> {
  return {
    'app.kubernetes.io/name': `service-${workload}`,
    'app.kubernetes.io/instance': `service-${workload}-production`,
    'app.kubernetes.io/part-of': namespaceOf(workload),
    'app.kubernetes.io/managed-by': 'Helm',
    'helm.sh/chart': 'backend-4.12.3',
  };
}

function probe(path: string): object {
  return { httpGet: { path, port: 'http' }, periodSeconds: 10, timeoutSeconds: 2, failureThreshold: 3 };
}

function podTemplate(workload: number): { metadata: object; spec: object } {
  const env = Array.from({ length: VARIABLES }, (_, index) =>
    index % 4 === 0
      ? { name: `SECRET_${index}`, valueFrom: { secretKeyRef: { name: `service-${workload}`, key: `key-${index}` } } }
      : { name: `SETTING_${index}`, value: `http://dependency-${index}.${namespaceOf(workload)}.svc:8080/v1` },
  );
  return {
    metadata: {
      labels: labelsOf(workload),
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9090', 'checksum/config': 'a'.repeat(64) },
    },
    spec: {
      containers: [
        {
          name: 'main',
          image: `registry.example/service-${workload}:2026.1.${workload % 40}`,
          ports: [
            { name: 'http', containerPort: 8080 },
            { name: 'metrics', containerPort: 9090 },
          ],
          env,
          resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: '1', memory: '512Mi' } },
          livenessProbe: probe('/live'),
          readinessProbe: probe('/ready'),
          volumeMounts: [{ name: 'config', mountPath: '/etc/service', readOnly: true }],
        },
        {
          name: 'proxy',
          image: 'registry.example/proxy:1.31.4',
          args: ['--config=/etc/proxy/config.yaml', '--admin=127.0.0.1:15000'],
          resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '128Mi' } },
        },
      ],
      volumes: [{ name: 'config', configMap: { name: `service-${workload}` } }],
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: { 'app.kubernetes.io/name': `service-${workload}` } },
        },
      ],
    },
  };
}

export function deploymentOf(workload: number, replicas: number): object {
  return {
    metadata: {
      name: `service-${workload}`,
      labels: labelsOf(workload),
      annotations: { 'deployment.kubernetes.io/revision': '7', 'meta.helm.sh/release-name': `service-${workload}` },
    },
    spec: {
      replicas,
      selector: { matchLabels: { 'app.kubernetes.io/name': `service-${workload}` } },
      template: podTemplate(workload),
    },
  };
}

function controlledBy(kind: string, name: string, uid: string): object[] {
  return [{ apiVersion: 'apps/v1', kind, name, uid, controller: true, blockOwnerDeletion: true }];
}

export function replicaSetOf(workload: number, replicas: number, deploymentUid: string): object {
  return {
    metadata: {
      name: `service-${workload}-7c9f`,
      labels: { ...labelsOf(workload), 'pod-template-hash': '7c9f' },
      annotations: { 'deployment.kubernetes.io/revision': '7' },
      ownerReferences: controlledBy('Deployment', `service-${workload}`, deploymentUid),
    },
    spec: {
      replicas,
      selector: { matchLabels: { 'app.kubernetes.io/name': `service-${workload}` } },
      template: podTemplate(workload),
    },
  };
}

export function serviceOf(workload: number): object {
  return {
    metadata: { name: `service-${workload}`, labels: labelsOf(workload) },
    spec: {
      clusterIP: 'None',
      selector: { 'app.kubernetes.io/name': `service-${workload}` },
      ports: [{ name: 'http', port: 80, targetPort: 'http' }],
    },
  };
}

export function autoscalerOf(workload: number): object {
  return {
    metadata: { name: `service-${workload}`, labels: labelsOf(workload) },
    spec: {
      minReplicas: 2,
      maxReplicas: 12,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: `service-${workload}` },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
      ],
    },
  };
}

export function podNameOf(workload: number, index: number): string {
  return `service-${workload}-7c9f-${index}`;
}

export function podOf(workload: number, index: number, replicaSetUid: string): object {
  const { metadata, spec } = podTemplate(workload);
  return {
    metadata: {
      ...metadata,
      name: podNameOf(workload, index),
      ownerReferences: controlledBy('ReplicaSet', `service-${workload}-7c9f`, replicaSetUid),
    },
    spec: { ...spec, nodeName: `node-${(workload * 7 + index) % NODES}` },
  };
}

export function podStatus(workload: number, index: number): object {
  const started = { running: { startedAt: SINCE } };
  const container = (name: string, image: string) => ({
    name,
    image,
    imageID: `${image}@sha256:${'0123456789abcdef'.repeat(4)}`,
    containerID: `containerd://${'fedcba9876543210'.repeat(4)}`,
    ready: true,
    started: true,
    restartCount: 0,
    state: started,
  });
  const ip = `10.${1 + (workload >> 8)}.${workload & 255}.${10 + index}`;
  return {
    status: {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      hostIP: '192.168.0.10',
      startTime: SINCE,
      qosClass: 'Burstable',
      conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
        (type) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: SINCE }),
      ),
      containerStatuses: [
        container('main', `registry.example/service-${workload}:2026.1.${workload % 40}`),
        container('proxy', 'registry.example/proxy:1.31.4'),
      ],
    },
  };
}

import type { KubeClient } from '../kube/client.ts';
import { timeText } from './container.ts';

export interface NodeShape {
  readonly node: string;
  readonly hostIp: string;
  readonly capacity: { readonly cpu: string; readonly memory: string; readonly pods: string };
  /** Where the API server finds the logs. */
  readonly serverPort: number;
}

/** The API wants every field; what a process has no answer for is empty. */
const NODE_INFO = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: 'process kubelet',
  containerRuntimeVersion: 'process://1',
  kubeletVersion: 'v1.35.4',
  kubeProxyVersion: '',
  operatingSystem: 'linux',
  architecture: process.arch,
};

/** Makes the Node and says that it is Ready; returns its UID. */
export async function registerNode(client: KubeClient, shape: NodeShape, nowMs: number): Promise<string> {
  const { node, capacity, hostIp, serverPort } = shape;
  const labels = { 'kubernetes.io/hostname': node, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': process.arch };
  const created = await client.create<{ metadata: { uid: string } }>('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node, labels },
  });
  const now = timeText(nowMs);
  const condition = (type: string, status: string, reason: string) => ({
    type,
    status,
    reason,
    message: reason,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  await client.patch(`/api/v1/nodes/${node}/status`, 'strategic-merge-patch', {
    status: {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: 'InternalIP', address: hostIp },
        { type: 'Hostname', address: node },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: serverPort } },
      nodeInfo: NODE_INFO,
      conditions: [
        condition('Ready', 'True', 'KubeletReady'),
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
      ],
    },
  });
  return created.metadata.uid;
}

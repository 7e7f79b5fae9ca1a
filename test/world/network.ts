/** Addresses of the world. All are local to the loopback device of its network namespace, so nothing ever leaves it. */
export const NODE_ADDRESS = '10.244.0.1';
export const POD_NETWORK = '10.244.0.1/16';
export const SERVICE_NETWORK = '10.96.0.0/24';
/** Puts the whole Service network on the loopback device; the last address of the range is never given to a Service of ours. */
export const SERVICE_DEVICE_ADDRESS = '10.96.0.254/24';

/** All nodes are played by one process; each has an address and a part of the pod network of its own. */
export const NODES = [
  { name: 'node-1', hostIp: NODE_ADDRESS, podPrefix: '10.244.1' },
  { name: 'node-2', hostIp: '10.244.0.2', podPrefix: '10.244.2' },
  { name: 'node-3', hostIp: '10.244.0.3', podPrefix: '10.244.3' },
] as const;

/** Ports need no searching: the namespace is empty when the world starts. */
export const PORTS = {
  etcdClient: 2379,
  etcdPeer: 2380,
  apiServer: 6443,
  controllerManager: 10_257,
  scheduler: 10_259,
  prometheus: 9090,
  alertmanager: 9093,
  postgres: 5432,
  postgresExporter: 9187,
  kubelet: 10_250,
  kubeletReadOnly: 10_255,
  metricsApi: 10_443,
  stateMetrics: 8081,
  redis: 6379,
  redisExporter: 9121,
  elasticsearch: 9200,
  elasticsearchTransport: 9300,
  gitea: 3000,
  blackboxExporter: 9115,
} as const;

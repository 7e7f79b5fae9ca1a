import { type Certificate, selfSigned } from './certificates.ts';
import { NODES } from './network.ts';

/** Who shows what to whom between the API server, the nodes and the metrics server; each certificate is its own authority. */
export interface ClusterCertificates {
  /** Shown by every node to the API server. */
  readonly nodes: Certificate;
  /** Shown by the API server to the nodes. */
  readonly nodeClient: Certificate;
  /** Shown by the metrics server to the API server. */
  readonly metrics: Certificate;
  /** Shown by the API server to the metrics server, when it passes a user's request on. */
  readonly proxyClient: Certificate;
}

/** The only name that the API server may pass requests on under. */
export const PROXY_NAME = 'aggregator';
const LIFE_MS = 365 * 24 * 3600 * 1000;
const CLOCK_SKEW_MS = 3600 * 1000;

export function createClusterCertificates(nowMs: number): ClusterCertificates {
  const life = { notBefore: new Date(nowMs - CLOCK_SKEW_MS), notAfter: new Date(nowMs + LIFE_MS) };
  return {
    nodes: selfSigned({ commonName: 'nodes', ipAddresses: NODES.map((it) => it.hostIp), ...life }),
    nodeClient: selfSigned({ commonName: 'kube-apiserver-kubelet-client', organization: 'system:masters', ...life }),
    metrics: selfSigned({ commonName: 'metrics-server', dnsNames: ['metrics-server.kube-system.svc'], ...life }),
    proxyClient: selfSigned({ commonName: PROXY_NAME, ...life }),
  };
}

import { findRealParts } from './cluster-parts.ts';
import { startRealCluster } from './cluster-real-world.ts';
import { describeCluster } from './cluster-suite.ts';

const TITLE = 'a real kube-apiserver';
const parts = await findRealParts(TITLE, ['etcd', 'kube-apiserver', 'kube-controller-manager']);

describeCluster(TITLE, () => startRealCluster(parts ?? {}), parts === null);

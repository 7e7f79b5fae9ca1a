import { findRealParts } from '../contract/cluster-parts.ts';
import { startRealCluster } from '../contract/cluster-real-world.ts';
import { describeMidAction } from './mid-action-suite.ts';

const TITLE = 'a real kube-apiserver';
const parts = await findRealParts(`in mid-action on ${TITLE}`, ['etcd', 'kube-apiserver', 'kube-controller-manager']);

describeMidAction(TITLE, () => startRealCluster(parts ?? {}), parts === null);

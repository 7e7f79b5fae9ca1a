import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { describeError } from '../../errors.ts';
import { isKubeStatus, type KubeClient } from '../../kube/client.ts';
import { ListWatch } from '../../kube/list-watch.ts';
import type { KubeObject } from '../../kube/types.ts';
import { runCommand } from '../../run-command.ts';
import { parseQuantity } from '../quantity.ts';

export const STORAGE_CLASS = 'world';
const PROVISIONER = 'world.local/file-system';

interface Claim extends KubeObject {
  readonly spec: {
    readonly storageClassName?: string;
    readonly accessModes?: readonly string[];
    readonly volumeName?: string;
    readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
  };
}

export interface ClaimProvisionerOptions {
  /** Rights of the cluster's administrator: volumes belong to no namespace. */
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly folder: string;
  readonly onTrouble: (line: string) => void;
}

/**
 * Gives each claim of the storage class `world` a file system of the size that it asks for, so that it can really fill up; the binding is
 * left to the cluster's own controller. The mounts live in the mount namespace of the world and end with it.
 */
export class ClaimProvisioner {
  readonly #options: ClaimProvisionerOptions;
  readonly #claims: ListWatch<Claim>;
  /** Mount point by UID of the claim. */
  readonly #volumes = new Map<string, string>();
  #queue: Promise<void> = Promise.resolve();

  constructor(options: ClaimProvisionerOptions) {
    this.#options = options;
    this.#claims = new ListWatch({
      client: options.client,
      clock: options.clock,
      path: '/api/v1/persistentvolumeclaims',
      onChange: (claim, change) => this.#onClaim(claim, change),
      onTrouble: options.onTrouble,
    });
  }

  async start(): Promise<void> {
    await this.#options.client.create('/apis/storage.k8s.io/v1/storageclasses', {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: STORAGE_CLASS, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: PROVISIONER,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
    });
    await this.#claims.start();
  }

  async stop(): Promise<void> {
    await this.#claims.stop();
    await this.#queue;
    for (const [uid, mountPoint] of this.#volumes) await this.#unmount(uid, mountPoint);
  }

  #onClaim(claim: Claim, change: 'present' | 'deleted'): void {
    const work = change === 'deleted' ? this.#remove(claim) : this.#provide(claim);
    // One after the other: a second event for a claim must find what the first has made.
    this.#queue = this.#queue
      .then(() => work())
      .catch((error: unknown) => this.#options.onTrouble(`claim ${claim.metadata.name}: ${describeError(error)}`));
  }

  #provide(claim: Claim): () => Promise<void> {
    return async () => {
      const { uid = '', name, namespace } = claim.metadata;
      if (claim.spec.storageClassName !== STORAGE_CLASS || claim.spec.volumeName || this.#volumes.has(uid)) return;
      const size = claim.spec.resources?.requests?.['storage'] ?? '1Gi';
      const mountPoint = join(this.#options.folder, uid);
      await mkdir(mountPoint, { recursive: true });
      await mountFileSystem(mountPoint, parseQuantity(size));
      this.#volumes.set(uid, mountPoint);
      await this.#options.client.create('/api/v1/persistentvolumes', {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: `pvc-${uid}`, annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER } },
        spec: {
          capacity: { storage: size },
          accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
          persistentVolumeReclaimPolicy: 'Retain',
          storageClassName: STORAGE_CLASS,
          claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
          hostPath: { path: mountPoint },
        },
      });
    };
  }

  #remove({ metadata: { uid = '' } }: Claim): () => Promise<void> {
    return async () => {
      const mountPoint = this.#volumes.get(uid);
      if (mountPoint === undefined) return;
      await this.#unmount(uid, mountPoint);
      try {
        await this.#options.client.delete(`/api/v1/persistentvolumes/pvc-${uid}`);
      } catch (error) {
        if (!isKubeStatus(error, 404)) throw error;
      }
    };
  }

  async #unmount(uid: string, mountPoint: string): Promise<void> {
    this.#volumes.delete(uid);
    // Lazily: a container that is just ending may still be inside.
    await runCommand('/bin/umount', ['--lazy', mountPoint]);
    await rm(`${mountPoint}.image`, { force: true });
  }
}

/** ext4 in a file, where loop devices can be had. Elsewhere memory, whose pages then count for whoever writes them. */
async function mountFileSystem(mountPoint: string, bytes: number): Promise<void> {
  const image = `${mountPoint}.image`;
  try {
    const file = await open(image, 'w');
    await file.truncate(bytes);
    await file.close();
    // No part kept back for root: containers run as root here, and a disk that is full must be full for them.
    await runCommand('/sbin/mkfs.ext4', ['-q', '-m', '0', '-E', 'lazy_itable_init=1,lazy_journal_init=1', image]);
    await runCommand('/bin/mount', ['-o', 'loop', image, mountPoint]);
  } catch {
    await rm(image, { force: true });
    await runCommand('/bin/mount', ['-t', 'tmpfs', '-o', `size=${Math.round(bytes)}`, 'volume', mountPoint]);
  }
}

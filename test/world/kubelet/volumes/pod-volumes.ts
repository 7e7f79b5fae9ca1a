import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { PodPlace } from '../container-env.ts';
import type { Mount } from '../launch.ts';
import type { ContainerSpec, Pod } from '../pod.ts';
import { MountError, type VolumeSources, volumeFiles } from './volume-files.ts';

/** The volumes of one pod as folders on the host. */
export class PodVolumes {
  readonly #pod: Pod;
  readonly #place: PodPlace;
  readonly #sources: VolumeSources;
  readonly #folder: string;
  readonly #paths = new Map<string, string>();

  constructor(pod: Pod, place: PodPlace, sources: VolumeSources, folder: string) {
    this.#pod = pod;
    this.#place = place;
    this.#sources = sources;
    this.#folder = folder;
  }

  /** Makes every volume; called again, it brings files up to date. Throws a MountError that names the volume. */
  async setUp(): Promise<void> {
    for (const volume of this.#pod.spec.volumes ?? []) {
      try {
        const { hostPath, persistentVolumeClaim } = volume;
        if (hostPath) this.#paths.set(volume.name, hostPath.path);
        else if (persistentVolumeClaim) {
          this.#paths.set(volume.name, await this.#sources.claim(persistentVolumeClaim.claimName));
        } else {
          const path = join(this.#folder, volume.name);
          await mkdir(path, { recursive: true });
          const files = (await volumeFiles(volume, this.#pod, this.#place, this.#sources)) ?? {};
          for (const [name, content] of Object.entries(files)) await writeInto(path, name, content);
          this.#paths.set(volume.name, path);
        }
      } catch (error) {
        if (!(error instanceof MountError)) throw error;
        throw new MountError(`MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`);
      }
    }
  }

  claimFolders(): ReadonlyMap<string, string> {
    const folders = new Map<string, string>();
    for (const { name, persistentVolumeClaim } of this.#pod.spec.volumes ?? []) {
      const path = this.#paths.get(name);
      if (persistentVolumeClaim && path !== undefined) folders.set(persistentVolumeClaim.claimName, path);
    }
    return folders;
  }

  /** What the container mounts; folders of a subPath are made as they are asked for. */
  async mountsOf(container: ContainerSpec): Promise<readonly Mount[]> {
    const mounts: Mount[] = [];
    for (const { name, mountPath, readOnly, subPath } of container.volumeMounts ?? []) {
      const path = this.#paths.get(name);
      if (path === undefined) throw new MountError(`volume "${name}" is not set up`);
      const source = subPath === undefined ? path : inside(path, subPath);
      if (subPath !== undefined) await makeUnlessThere(source);
      mounts.push({ source, target: resolve('/', mountPath), readOnly: readOnly === true });
    }
    return mounts;
  }
}

/** A path that leads out of its volume is refused, as the API server does. */
function inside(folder: string, path: string): string {
  const full = resolve(folder, path);
  if (full !== folder && !full.startsWith(`${folder}/`)) throw new MountError(`path "${path}" leads out of the volume`);
  return full;
}

async function makeUnlessThere(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    // It is a file.
    if (error.code !== 'EEXIST') throw error;
  });
}

/** By renaming, so that a reader sees the old content or the new one, never half of it. */
async function writeInto(folder: string, name: string, content: Buffer): Promise<void> {
  const file = inside(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}..new`, content);
  await rename(`${file}..new`, file);
}

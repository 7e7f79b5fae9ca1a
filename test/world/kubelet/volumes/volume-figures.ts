import { statfsSync } from 'node:fs';
import type { VolumeFigures } from '../figures/container-figures.ts';
import type { Pod } from '../pod.ts';

/** How full the volumes of a pod are, asked of their file systems. */
export function volumeFiguresOf({ metadata }: Pod, folders: ReadonlyMap<string, string>): VolumeFigures[] {
  return [...folders].flatMap(([claim, folder]) => {
    try {
      const { bsize, blocks, bavail, bfree, files, ffree } = statfsSync(folder);
      return [
        {
          namespace: metadata.namespace ?? 'default',
          claim,
          capacityBytes: bsize * blocks,
          availableBytes: bsize * bavail,
          usedBytes: bsize * (blocks - bfree),
          inodes: files,
          inodesFree: ffree,
        },
      ];
    } catch {
      // The volume has just gone.
      return [];
    }
  });
}

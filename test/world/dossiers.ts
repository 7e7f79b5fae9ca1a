import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderIncident } from '../../src/cli/render-incident.ts';
import type { Daemon } from './daemon.ts';

const WIDTH = 140;

/** Every incident that Hale opened since a moment (Unix ms), as `hale show` prints it and as JSON, into files whose names begin with `prefix`. */
export async function saveDossiers(folder: string, prefix: string, sinceMs: number, daemon: Daemon): Promise<void> {
  await mkdir(folder, { recursive: true });
  const opened = (await daemon.incidents()).filter(({ openedAt }) => openedAt >= sinceMs);
  const inOrder = opened.toSorted((a, b) => a.openedAt - b.openedAt);
  for (const [index, { id }] of inOrder.entries()) {
    const dossier = await daemon.incident(id);
    const file = join(folder, `${prefix}-${index + 1}`);
    await writeFile(`${file}.txt`, `${renderIncident({ color: false, width: WIDTH }, dossier).join('\n')}\n`);
    await writeFile(`${file}.json`, `${JSON.stringify(dossier, null, 1)}\n`);
  }
}

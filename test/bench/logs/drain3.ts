import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PEER = fileURLToPath(new URL('./drain3-peer.py', import.meta.url));
const INSTALL_WITHIN_MS = 180_000;

/** Lines a second of processor time that drain3 takes, without masking; null where python3 or the package cannot be had. */
export function drain3PerSecond(lines: readonly string[], progress: (text: string) => void): number | null {
  const folder = mkdtempSync(join(tmpdir(), 'hale-drain3-'));
  try {
    progress('installing drain3 into a folder of its own');
    const python = join(folder, 'bin', 'python3');
    const missing =
      failure('python3', ['-m', 'venv', folder]) ??
      failure(python, ['-m', 'pip', 'install', '--quiet', 'drain3==0.9.11']);
    if (missing !== null) {
      progress(`no peer: ${missing}`);
      return null;
    }
    progress(`drain3 reads ${lines.length} lines`);
    const run = spawnSync(python, [PEER], { input: lines.join('\n'), encoding: 'utf8', maxBuffer: 1 << 20 });
    const [seconds, clusters] = run.stdout.trim().split(' ').map(Number);
    if (run.status !== 0 || seconds === undefined || !(seconds > 0)) {
      progress(`no peer: drain3 failed: ${run.stderr.slice(-400)}`);
      return null;
    }
    progress(`drain3 found ${clusters} clusters`);
    return Math.round(lines.length / seconds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is missing, in words; null when the command went well. */
function failure(command: string, args: readonly string[]): string | null {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: INSTALL_WITHIN_MS });
  if (status === 0) return null;
  return error ? `${command} is not there` : `${[command, ...args].join(' ')}: ${stderr.trim().slice(-300)}`;
}

import { spawn } from 'node:child_process';
import { WorldError } from './errors.ts';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly uid?: number;
  readonly gid?: number;
  /** Called with each line of standard error, for progress of long commands. */
  readonly onLine?: (line: string) => void;
}

/** Runs a program to its end and returns its standard output; any other exit code than 0 throws with its standard error. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { onLine, ...spawnOptions } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], ...spawnOptions });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4_000);
      if (onLine) for (const line of text.split('\n')) if (line.trim() !== '') onLine(line.trim());
    });
    child.once('error', (error) =>
      reject(new WorldError('part-exited', `${command} could not be started: ${error.message}`)),
    );
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(
          new WorldError('part-exited', `${command} ${args.join(' ')}: ${signal ?? `exit code ${code}`}\n${errors}`),
        );
    });
  });
}

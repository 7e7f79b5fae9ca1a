import { runCli } from '../cli/index.ts';
import { checkConfig } from './check.ts';
import { runDemo } from './demo/index.ts';
import { freezeByConfigMap } from './freeze-by-config-map.ts';
import { runDaemon } from './run.ts';
import { testRules } from './test-rules.ts';
import { VERSION } from './version.ts';

/** Argv, signals and streams of this process, given to the command line; resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const { env, stdout, stderr } = process;
  const ended = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
  const screen = {
    color: stdout.isTTY && env.NO_COLOR === undefined,
    width: Math.max(60, Math.min(stdout.columns ?? 120, 160)),
  };
  const out = (text: string): void => void stdout.write(text);
  return runCli(args, {
    env,
    screen,
    out,
    error: (text) => void stderr.write(text),
    version: VERSION,
    run: ({ config }) => runDaemon(config, { env, ended }),
    demo: (options) => runDemo(options, { screen, out, ended, input: process.stdin }),
    check: ({ config }) => checkConfig(config, { env, screen, out }),
    testRules: (directories) => testRules(directories, out),
    freezeByConfigMap: (options) => freezeByConfigMap(options, out),
  });
}

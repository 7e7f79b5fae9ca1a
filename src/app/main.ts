import { runCli } from '../cli/index.ts';
import { skillOffers } from './skills.ts';
import { VERSION } from './version.ts';

/**
 * Argv, signals and streams of this process, given to the command line; resolves with the exit code. Each command is imported when it is asked
 * for: a daemon holds no simulated world in memory, and a question to it is answered without loading the daemon.
 */
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
    run: async ({ config }) => (await import('./run.ts')).runDaemon(config, { env, ended }),
    demo: async (options) =>
      (await import('./demo/index.ts')).runDemo(options, { screen, out, ended, input: process.stdin }),
    check: async ({ config }) => (await import('./check.ts')).checkConfig(config, { env, screen, out }),
    skills: skillOffers(),
    streamSkill: async (id, input, file) =>
      (await import('./stream-skill.ts')).streamSkill(id, input, {
        file,
        stdin: process.stdin,
        env,
        progress: (text) => void stderr.write(`${text}\n`),
        now: () => performance.now(),
      }),
    testRules: async (directories) => (await import('./test-rules.ts')).testRules(directories, out),
    freezeByConfigMap: async (options) => (await import('./freeze-by-config-map.ts')).freezeByConfigMap(options, out),
  });
}

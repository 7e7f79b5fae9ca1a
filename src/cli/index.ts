import { Command, CommanderError, Option } from 'commander';
import type { z } from 'zod';
import { CallGraph } from '../domain/call-graph.ts';
import { ERROR_CODES, HaleError, isHaleError } from '../domain/errors.ts';
import { MODES } from '../domain/mode.ts';
import { PHASES } from '../domain/phase.ts';
import {
  AnswerResult,
  AutonomyResult,
  FreezeView,
  IncidentDossier,
  IncidentList,
  IncidentWhy,
  ObligationList,
  SkillAnswer,
  StatusReport,
} from '../operations/results.ts';
import { type Client, createClient } from './client.ts';
import { printable, printableText } from './printable.ts';
import { renderIncident } from './render-incident.ts';
import {
  renderAnswer,
  renderAutonomy,
  renderFreeze,
  renderIncidents,
  renderObligations,
  renderStatus,
} from './render-incidents.ts';
import { dotOf, renderTopology } from './render-topology.ts';
import { renderWhy } from './render-why.ts';
import { type SkillOffer, skillOptions } from './skill-options.ts';
import type { Screen } from './text.ts';

/** What the command line is given: the terminal, and the commands that need more than a running daemon. */
export interface CliDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly screen: Screen;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly version: string;
  /** Each resolves with the exit code. */
  readonly run: (options: { config: string }) => Promise<number>;
  readonly demo: (options: { fault: string; speed: number; prompt: boolean }) => Promise<number>;
  readonly check: (options: { config: string }) => Promise<number>;
  /** Each skill that a running Hale offers; its input as JSON schema, so that its properties become options. */
  readonly skills: readonly SkillOffer[];
  /** Runs a skill here over the lines of a file, `-` for standard input. */
  readonly streamSkill: (id: string, input: unknown, file: string) => Promise<SkillAnswer>;
  readonly testRules: (directories: readonly string[]) => Promise<number>;
  readonly freezeByConfigMap: (options: {
    frozen: boolean;
    reason: string;
    kubeconfig: string | undefined;
    namespace: string;
    name: string;
  }) => Promise<number>;
}

/** Runs one command line (without node and script); resolves with the exit code. */
export async function runCli(args: readonly string[], deps: CliDeps): Promise<number> {
  let exitCode = 0;
  const program = createProgram(deps, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!isHaleError(error)) throw error;
    deps.error(`hale: ${printableText(error.message)} [${error.code}]\n`);
    return ERROR_CODES[error.code].exit;
  }
}

function createProgram(deps: CliDeps, exit: (code: number) => void): Command {
  const program = new Command('hale')
    .description('Heals backends on Kubernetes, inside rules that you wrote.')
    .version(deps.version)
    .exitOverride()
    .configureOutput({ writeOut: deps.out, writeErr: deps.error })
    .showHelpAfterError();

  program
    .command('run')
    .description('run the daemon')
    .requiredOption('--config <file>', 'configuration file')
    .action(async (options: { config: string }) => exit(await deps.run(options)));
  program
    .command('demo')
    .description('heal a simulated incident on an accelerated clock; needs nothing else')
    .option('--fault <name>', 'what goes wrong first: pool-too-small or database-limit', 'pool-too-small')
    .option('--speed <factor>', 'how many times faster than real the clock runs', '15')
    .option('--no-prompt', 'end after the first incident')
    .action(async (options: { fault: string; speed: string; prompt: boolean }) =>
      exit(await deps.demo({ ...options, speed: speedOf(options.speed) })),
    );
  program
    .command('check')
    .description('validate a configuration and try every connection and permission')
    .requiredOption('--config <file>', 'configuration file')
    .action(async (options: { config: string }) => exit(await deps.check(options)));
  program
    .command('rules')
    .description('policies')
    .command('test')
    .description('run the table tests beside the policies')
    .argument('[directories...]', 'directories with policies; the shipped ones when none is named')
    .action(async (directories: string[]) => exit(await deps.testRules(directories)));
  addQuestions(program, deps);
  addSkills(program, deps);
  addAnswers(program, deps, exit);
  return program;
}

function speedOf(text: string): number {
  const speed = Number(text);
  if (Number.isFinite(speed) && speed >= 1 && speed <= 60) return speed;
  throw new HaleError('usage-invalid', `--speed ${text}: a number from 1 to 60`);
}

interface Remote {
  url: string;
  json?: boolean;
}

/** A command that asks a running daemon. */
function remote(parent: Command, deps: CliDeps, usage: string, description: string): Command {
  return parent
    .command(usage)
    .description(description)
    .addOption(
      new Option('--url <url>', 'address of the running Hale')
        .env('HALE_URL')
        .default(deps.env.HALE_URL ?? 'http://127.0.0.1:8090'),
    )
    .option('--json', 'the answer as JSON');
}

function clientOf(deps: CliDeps, { url }: Remote): Client {
  return createClient({ url, token: deps.env.HALE_TOKEN });
}

function print<T>(deps: CliDeps, { json }: Remote, answer: T, render: (answer: T) => readonly string[]): void {
  // In JSON the written-out form means the very same character.
  deps.out(`${json ? printableText(JSON.stringify(answer, null, 2)) : render(printable(answer)).join('\n')}\n`);
}

/** The answer by its schema; a daemon of another version is an error, not a guess. */
function parsed<T>(schema: z.ZodType<T>): (body: unknown) => T {
  return (body) => {
    const result = schema.safeParse(body);
    if (result.success) return result.data;
    throw new HaleError(
      'daemon-unavailable',
      'the answer is not what this version of the command line understands; use the one of the running Hale',
    );
  };
}

function addQuestions(program: Command, deps: CliDeps): void {
  const { screen } = deps;
  remote(program, deps, 'incidents', 'list incidents, newest first')
    .option('--all', 'closed ones as well')
    .addOption(new Option('--phase <phase>', 'only those in this phase').choices(PHASES))
    .option('--limit <count>', 'at most so many', '50')
    .action(async (options: Remote & { all?: boolean; phase?: string; limit: string }) => {
      const query = new URLSearchParams({
        limit: options.limit,
        ...(options.all ? {} : { open: 'true' }),
        ...(options.phase ? { phase: options.phase } : {}),
      });
      const answer = await clientOf(deps, options).get(`/api/v1/incidents?${query.toString()}`, parsed(IncidentList));
      print(deps, options, answer, (list) => renderIncidents(screen, list));
    });
  remote(
    program,
    deps,
    'show <incident>',
    'one incident on one screen: cause, evidence, what was done, what was refused',
  ).action(async (id: string, options: Remote) => {
    const answer = await clientOf(deps, options).get(
      `/api/v1/incidents/${encodeURIComponent(id)}`,
      parsed(IncidentDossier),
    );
    print(deps, options, answer, (dossier) => renderIncident(screen, dossier));
  });
  remote(program, deps, 'why <incident>', 'policy by policy, gate by gate: value, limit, what would unblock it').action(
    async (id: string, options: Remote) => {
      const answer = await clientOf(deps, options).get(
        `/api/v1/incidents/${encodeURIComponent(id)}/why`,
        parsed(IncidentWhy),
      );
      print(deps, options, answer, (why) => renderWhy(screen, why));
    },
  );
  remote(program, deps, 'obligations', 'what Hale still owes: returns, watches, messages')
    .option('--all', 'those that ended as well')
    .action(async (options: Remote & { all?: boolean }) => {
      const answer = await clientOf(deps, options).get(
        `/api/v1/obligations?open=${options.all ? 'false' : 'true'}`,
        parsed(ObligationList),
      );
      print(deps, options, answer, (list) => renderObligations(screen, list));
    });
  remote(program, deps, 'topology', 'who calls whom, and how that is known')
    .option('--namespace <name>', 'only the calls of this namespace')
    .option('--dot', 'as a graph for Graphviz')
    .action(async (options: Remote & { namespace?: string; dot?: boolean }) => {
      const query = options.namespace ? `?${new URLSearchParams({ namespace: options.namespace }).toString()}` : '';
      const answer = await clientOf(deps, options).get(`/api/v1/topology${query}`, parsed(CallGraph));
      print(deps, options, answer, (graph) => (options.dot ? dotOf(graph) : renderTopology(screen, graph)));
    });
  remote(program, deps, 'status', 'incidents, obligations, freeze, store, cluster').action(async (options: Remote) => {
    const answer = await clientOf(deps, options).get('/api/v1/status', parsed(StatusReport));
    print(deps, options, answer, (status) => renderStatus(screen, status));
  });
}

function addSkills(program: Command, deps: CliDeps): void {
  const skills = program.command('skill').description('run a skill: it reads, and never acts');
  for (const offer of deps.skills) {
    const command = remote(skills, deps, offer.id, offer.summary);
    for (const option of skillOptions(offer)) command.addOption(option);
    command.action(async (options: Remote & Record<string, unknown>) => {
      const { url: _url, json: _json, ...given } = options;
      const { input: file, ...input } = given;
      const answer =
        offer.streams && typeof file === 'string'
          ? await deps.streamSkill(offer.id, input, file)
          : await clientOf(deps, options).send(
              'POST',
              `/api/v1/skills/${encodeURIComponent(offer.id)}`,
              given,
              parsed(SkillAnswer),
            );
      print(deps, options, options.json ? answer.output : answer, () => answer.lines);
    });
  }
}

function addAnswers(program: Command, deps: CliDeps, exit: (code: number) => void): void {
  for (const [command, answer, does] of [
    ['approve', 'approved', 'say yes to the plan that waits; needs HALE_TOKEN'],
    ['refuse', 'refused', 'say no to the plan that waits; needs HALE_TOKEN'],
  ] as const) {
    remote(program, deps, `${command} <incident>`, does)
      .requiredOption('--digest <digest>', 'of the plan, at least 8 digits, as shown by `hale show`')
      .option('--reason <text>', 'kept with the answer')
      .action(async (id: string, options: Remote & { digest: string; reason?: string }) => {
        const { digest, reason } = options;
        const result = await clientOf(deps, options).send(
          'POST',
          `/api/v1/incidents/${encodeURIComponent(id)}/answer`,
          { digest, answer, ...(reason ? { reason } : {}) },
          parsed(AnswerResult),
        );
        print(deps, options, result, renderAnswer);
      });
  }
  for (const [command, frozen, does] of [
    ['freeze', true, 'the kill switch: no new change from the next tick on'],
    ['unfreeze', false, 'lift the freeze'],
  ] as const) {
    remote(program, deps, command, does)
      .option('--reason <text>', 'why', frozen ? 'frozen by hand' : 'thawed by hand')
      .option('--config-map', 'write the ConfigMap directly: works when Hale does not')
      .option('--kubeconfig <file>', 'with --config-map: how to reach the cluster')
      .option('--namespace <name>', 'with --config-map: its namespace', 'hale')
      .option('--name <name>', 'with --config-map: its name', 'hale-freeze')
      .action(
        async (
          options: Remote & {
            reason: string;
            configMap?: boolean;
            kubeconfig?: string;
            namespace: string;
            name: string;
          },
        ) => {
          const { reason, kubeconfig, namespace, name } = options;
          if (options.configMap)
            return exit(await deps.freezeByConfigMap({ frozen, reason, kubeconfig, namespace, name }));
          const view = await clientOf(deps, options).send(
            'PUT',
            '/api/v1/freeze',
            { frozen, reason },
            parsed(FreezeView),
          );
          return print(deps, options, view, renderFreeze);
        },
      );
  }
  const autonomy = program
    .command('autonomy')
    .description('how far Hale may go; raising is a change to the policy file');
  remote(autonomy, deps, 'lower', 'lower the autonomy of a policy in a namespace; needs HALE_TOKEN')
    .option('--policy <id>', 'policy, * for all', '*')
    .option('--namespace <name>', 'namespace, * for all', '*')
    .addOption(new Option('--mode <mode>', 'the new, lower mode').choices(MODES).makeOptionMandatory())
    .option('--reason <text>', 'why', 'lowered by hand')
    .action(async (options: Remote & { policy: string; namespace: string; mode: string; reason: string }) => {
      const { policy, namespace, mode, reason } = options;
      const result = await clientOf(deps, options).send(
        'POST',
        '/api/v1/autonomy',
        { policyId: policy, namespace, mode, reason },
        parsed(AutonomyResult),
      );
      print(deps, options, result, renderAutonomy);
    });
}

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpServer } from '../http/server.ts';
import { alertsOptions } from '../http/testing/alerts.ts';
import type { OperationsDeps } from '../operations/deps.ts';
import { type OperationsBench, openOperations } from '../operations/testing/open.ts';
import { incidentOf, planOf } from '../operations/testing/records.ts';
import { type CliDeps, runCli } from './index.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly error: string;
  readonly called: readonly string[];
}

async function hale(args: readonly string[], env: CliDeps['env'] = {}): Promise<Ran> {
  let out = '';
  let error = '';
  const called: string[] = [];
  const given = (name: string, exit: number) => async (options: unknown) => {
    called.push(`${name} ${JSON.stringify(options)}`);
    return exit;
  };
  const exit = await runCli(args, {
    env,
    screen: { color: false, width: 120 },
    out: (text) => void (out += text),
    error: (text) => void (error += text),
    version: '0.1.0',
    run: given('run', 0),
    demo: given('demo', 0),
    check: given('check', 2),
    skills: [
      {
        id: 'trace',
        summary: 'follows a call',
        input: {
          properties: {
            workload: { type: 'string', description: 'which' },
            sinceMinutes: { type: 'integer', default: 10 },
          },
          required: ['workload'],
        },
      },
      {
        id: 'read',
        summary: 'reads lines',
        streams: true,
        input: { properties: { top: { type: 'integer', default: 5 } } },
      },
    ],
    streamSkill: async (skill, input, file) => ({ skill, output: { input, file }, lines: [`read ${file}`] }),
    testRules: given('testRules', 1),
    freezeByConfigMap: given('freezeByConfigMap', 0),
  });
  return { exit, out, error, called };
}

/** A running daemon's HTTP door, and the environment that leads to it. */
async function daemon(
  change: Partial<OperationsDeps> = {},
): Promise<{ bench: OperationsBench; env: Record<string, string> }> {
  const bench = await openOperations(change);
  stops.push(bench.close);
  const quiet = (): void => undefined;
  const server = await createHttpServer({
    listen: { host: '127.0.0.1', port: 0, tls: null },
    operations: bench.operations,
    alerts: alertsOptions(),
    tokens: [{ name: 'on-call', role: 'operator', token: { reveal: () => 'the-token' } }],
    readiness: () => bench.operations.readiness(),
    metricsText: async () => ({ contentType: 'text/plain', body: '' }),
    limits: { bodyTimeoutMs: 5_000, maxConnections: 20, maxEventLoopDelayMs: 60_000 },
    log: { info: quiet, warn: quiet, error: quiet },
  });
  stops.push(() => server.close(1_000));
  return { bench, env: { HALE_URL: server.url, HALE_TOKEN: 'the-token' } };
}

/** Something else that listens there. */
async function stranger(answer: { status: number; body: string; location?: string }): Promise<string> {
  const server: Server = createServer((_request, response) => {
    response
      .writeHead(answer.status, answer.location === undefined ? {} : { location: answer.location })
      .end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('asking a running Hale', () => {
  it.each([
    [['incidents'], 'incident  0 s ago  held'],
    [['incidents', '--phase', 'gated'], 'no incidents'],
    [['show', 'incid'], 'hale approve incident-0001'],
    [['why', 'incident-0001'], 'scale-out-when-pools-are-full'],
    [['obligations'], 'nothing is owed'],
    [['status'], 'not frozen'],
  ])('%j', async (args, says) => {
    const { bench, env } = await daemon();
    await bench.save(incidentOf());

    const ran = await hale(args, env);

    expect(ran).toMatchObject({ exit: 0, error: '', out: expect.stringContaining(says) });
  });

  it('gives JSON that a machine can read', async () => {
    const { bench, env } = await daemon();
    await bench.save(incidentOf({ title: 'down\u009b2J' }));

    const { out } = await hale(['incidents', '--json'], env);

    expect(out).not.toContain('\u009b');
    expect(JSON.parse(out)).toMatchObject({ incidents: [{ id: 'incident-0001', title: 'down\u009b2J' }] });
  });

  it('never passes a control character of the cluster to the terminal', async () => {
    const { bench, env } = await daemon();
    await bench.save(incidentOf({ title: 'down\u001b[2J', outcome: 'x\rhealed' }));

    const outs = [
      await hale(['incidents'], env),
      await hale(['show', 'incident-0001'], env),
      await hale(['why', 'incident-0001'], env),
    ];

    for (const { out } of outs) {
      expect(out).toContain('down\\u001b[2J');
      expect(out).not.toMatch(/(?!\n)\p{Cc}/u);
    }
  });
});

describe('telling a running Hale', () => {
  it.each([
    ['approve', 'approved'],
    ['refuse', 'refused'],
  ])('%s stores the answer', async (command, answer) => {
    const { bench, env } = await daemon();
    await bench.save(incidentOf());

    const ran = await hale(
      [command, 'incident-0001', '--digest', planOf().digest.slice(0, 12), '--reason', 'seen'],
      env,
    );

    expect(ran).toMatchObject({ exit: 0, out: expect.stringContaining(`on-call ${answer}`) });
    expect(await bench.store.approvalFor(planOf().digest)).toMatchObject({ answer, by: 'on-call' });
  });

  it('freezes, unfreezes and lowers autonomy', async () => {
    const { bench, env } = await daemon();

    const frozen = await hale(['freeze', '--reason', 'migration'], env);
    const thawed = await hale(['unfreeze'], env);
    const lowered = await hale(['autonomy', 'lower', '--mode', 'observe', '--namespace', 'shop'], env);

    expect([frozen.out, thawed.out]).toEqual([expect.stringContaining('FROZEN by on-call: migration'), 'not frozen\n']);
    expect(lowered.out).toContain('from approve to observe');
    expect(await bench.store.loweredAutonomy()).toMatchObject([{ policyId: '*', namespace: 'shop', mode: 'observe' }]);
  });
});

describe('refusals', () => {
  it.each<[string, string[], number, string]>([
    ['an incident that is not there', ['show', 'nothing-1'], 1, '[not-found]'],
    ['the digest of another plan', ['approve', 'incident-0001', '--digest', '00000000'], 3, '[approval-invalid]'],
    ['a raise of autonomy', ['autonomy', 'lower', '--mode', 'auto'], 2, '[usage-invalid]'],
    ['a limit that is no number', ['incidents', '--limit', 'many'], 2, '[usage-invalid]'],
    ['an unknown phase', ['incidents', '--phase', 'broken'], 2, 'Allowed choices'],
    ['an answer without digest', ['approve', 'incident-0001'], 2, '--digest'],
    ['an unknown command', ['heal'], 2, 'unknown command'],
    ['a speed that is none', ['demo', '--speed', 'fast'], 2, 'from 1 to 60'],
  ])('%s', async (_name, args, exit, says) => {
    const { bench, env } = await daemon();
    await bench.save(incidentOf());

    expect(await hale(args, env)).toMatchObject({ exit, error: expect.stringContaining(says) });
  });

  it('a wrong token', async () => {
    const { env } = await daemon();

    expect(await hale(['status'], { ...env, HALE_TOKEN: 'wrong' })).toMatchObject({
      exit: 1,
      error: expect.stringContaining('[unauthenticated]'),
    });
  });

  it.each([
    ['nobody', null],
    ['another server', { status: 200, body: '<html>' }],
    ['one with errors of its own', { status: 404, body: '{"error":{"code":"toString","message":"no"}}' }],
    ['one that sends elsewhere', { status: 302, body: '', location: 'http://127.0.0.1:9/' }],
  ])('%s at the address', async (_name, answer) => {
    const url = answer === null ? 'http://127.0.0.1:1' : await stranger(answer);

    expect(await hale(['status', '--url', url])).toMatchObject({
      exit: 4,
      out: '',
      error: expect.stringContaining('[daemon-unavailable]'),
    });
  });

  it('an address with a path of its own is asked under that path', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('{"now":0,"incidents":[]}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;

    const ran = await hale(['incidents', '--all', '--url', `http://127.0.0.1:${port}/hale/`]);

    expect(ran).toMatchObject({ exit: 0, out: 'no incidents\n' });
    expect(asked).toEqual(['/hale/api/v1/incidents?limit=50']);
  });
});

describe('commands that need no running Hale', () => {
  it.each<[string[], number, string]>([
    [['run', '--config', 'a.yaml'], 0, 'run {"config":"a.yaml"}'],
    [['check', '--config', 'a.yaml'], 2, 'check {"config":"a.yaml"}'],
    [['rules', 'test', 'a', 'b'], 1, 'testRules ["a","b"]'],
    [
      ['demo', '--fault', 'database-limit', '--no-prompt'],
      0,
      'demo {"fault":"database-limit","speed":15,"prompt":false}',
    ],
    [
      ['freeze', '--config-map', '--reason', 'now', '--namespace', 'ops'],
      0,
      'freezeByConfigMap {"frozen":true,"reason":"now","namespace":"ops","name":"hale-freeze"}',
    ],
    [
      ['unfreeze', '--config-map', '--kubeconfig', 'k'],
      0,
      'freezeByConfigMap {"frozen":false,"reason":"thawed by hand","kubeconfig":"k","namespace":"hale","name":"hale-freeze"}',
    ],
  ])('%j passes its options and exit code on', async (args, exit, call) => {
    expect(await hale(args)).toMatchObject({ exit, called: [call] });
  });

  it.each([['--version'], ['--help'], ['show', '--help']])('%s ends well', async (...args) => {
    expect(await hale(args)).toMatchObject({ exit: 0, error: '', out: expect.stringMatching(/\w/) });
  });
});

describe('skill', () => {
  it('makes options of the properties of its input, and prints what it found', async () => {
    const { bench, env } = await daemon({
      runSkill: async (skill, input) => ({ skill, output: { input }, lines: [`found ${JSON.stringify(input)}`] }),
    });

    const ran = await hale(['skill', 'trace', '--workload', 'shop/web', '--since-minutes', '20'], env);
    const json = await hale(['skill', 'trace', '--workload', 'shop/web', '--json'], env);

    expect(bench.woken).toEqual([]);
    expect(ran).toMatchObject({ exit: 0, out: 'found {"workload":"shop/web","sinceMinutes":20}\n' });
    expect(JSON.parse(json.out)).toEqual({ input: { workload: 'shop/web' } });
  });

  it('reads a stream here, without a running Hale', async () => {
    const ran = await hale(['skill', 'read', '--input', 'app.log', '--top', '3']);
    const json = await hale(['skill', 'read', '--input', '-', '--json']);

    expect(ran).toMatchObject({ exit: 0, out: 'read app.log\n' });
    expect(JSON.parse(json.out)).toEqual({ input: {}, file: '-' });
  });

  it.each([
    [['skill', 'trace'], "required option '--workload <text>' not specified"],
    [['skill', 'trace', '--workload', 'shop/web', '--since-minutes', 'ten'], '--since-minutes ten: a number'],
    [['skill', 'guess'], "unknown command 'guess'"],
  ])('%j says what is wrong', async (args, message) => {
    const ran = await hale(args);

    expect(ran.exit).toBe(2);
    expect(ran.error).toContain(message);
  });
});

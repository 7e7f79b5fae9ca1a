import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPolicies, parsePolicy } from './load-policies.ts';
import { POLICY_TEXT, remediations } from './remediations-for-tests.ts';

function problemsIn(text: string): string[] {
  const result = parsePolicy('p.yaml', text, remediations);
  return 'problems' in result ? result.problems.map(({ line, key, message }) => `${line} ${key}: ${message}`) : [];
}

describe('a policy', () => {
  it('comes with the hash of its text, durations in ms, defaults filled in', () => {
    const result = parsePolicy('p.yaml', POLICY_TEXT, remediations);

    expect(result).toMatchObject({
      loaded: {
        file: 'p.yaml',
        hash: createHash('sha256').update(POLICY_TEXT).digest('hex'),
        policy: {
          id: 'scale-orders',
          limits: { cooldown: 600_000 },
          ladder: [{ returnAfter: 1_800_000 }, { settings: {} }],
          verification: { worseFactor: 1.5 },
        },
      },
    });
  });

  it('observes when it does not say its mode', () => {
    const result = parsePolicy('p.yaml', POLICY_TEXT.replace('mode: auto\n', ''), remediations);

    expect(result).toMatchObject({ loaded: { policy: { mode: 'observe' } } });
  });

  it.each<[string, string, string, string]>([
    [
      'an unknown key',
      'mode: auto',
      'mdoe: auto',
      '7 mdoe: unknown key; allowed: apiVersion, kind, id, description, cause, when, mode, namespaces, ladder, limits, verification',
    ],
    [
      'an unknown key of a rung',
      'returnAfter: 30m',
      'returnsAfter: 30m',
      '13 ladder[0].returnsAfter: unknown key; allowed: remediation, settings, returnAfter',
    ],
    [
      'an unknown mode',
      'mode: auto',
      'mode: automatic',
      '7 mode: found "automatic"; allowed: observe, suggest, approve, auto',
    ],
    [
      'a symptom as cause',
      'cause: connection-pool-waiting',
      'cause: latency-spike',
      '5 cause: found "latency-spike"; allowed: traffic-surge, cpu-saturated',
    ],
    [
      'an empty list of namespaces',
      'namespaces: [shop]',
      'namespaces: []',
      '8 namespaces: found []; allowed: at least 1 of them; leave the key out to say nothing',
    ],
    [
      'an empty namespace',
      'namespaces: [shop]',
      "namespaces: ['']",
      '8 namespaces[0]: found ""; allowed: a text that is not empty',
    ],
    [
      'all namespaces by a star',
      'namespaces: [shop]',
      "namespaces: ['*']",
      '8 namespaces[0]: found "*"; allowed: the name of a namespace; leave `namespaces` out for all that the operator allows',
    ],
    [
      'an unknown remediation',
      'remediation: scale-workload',
      'remediation: scale',
      '10 ladder[0].remediation: found "scale"; allowed: scale-workload, restart-workload',
    ],
    [
      'a setting of the wrong type',
      'maxReplicas: 8',
      'maxReplicas: many',
      '12 ladder[0].settings.maxReplicas: found "many"; allowed: a number',
    ],
    [
      'a setting out of range',
      'maxReplicas: 8',
      'maxReplicas: 0',
      '12 ladder[0].settings.maxReplicas: found 0; allowed: at least 1',
    ],
    [
      'a ceiling that is missing',
      '      maxReplicas: 8',
      '      minStep: 1',
      '11 ladder[0].settings.maxReplicas: found nothing (the key is missing); allowed: a number',
    ],
    [
      'a misspelt setting',
      '      maxReplicas: 8',
      '      maxReplicas: 8\n      dataBase: none',
      '13 ladder[0].settings.dataBase: unknown key; allowed: stepPercent, minStep, maxReplicas, database',
    ],
    [
      'a return that is due before recovery is judged',
      'returnAfter: 30m',
      'returnAfter: 10m',
      '13 ladder[0].returnAfter: ends before recovery is judged; allowed: longer than verification.deadline',
    ],
    [
      'a return of what cannot be undone',
      '  - remediation: restart-workload',
      '  - remediation: restart-workload\n    returnAfter: 1h',
      '15 ladder[1].returnAfter: restart-workload cannot be undone (a restart cannot be taken back); leave the key out',
    ],
    [
      'a duration in words',
      'cooldown: 10m',
      'cooldown: ten minutes',
      '16 limits.cooldown: found "ten minutes"; allowed: a duration like 90s, 10m, 2h or 1d',
    ],
    [
      'a missing budget',
      '    cause: { actions: 3, per: 1d }\n',
      '',
      '17 limits.budgets.cause: found nothing (the key is missing); allowed: a section with keys',
    ],
    [
      'a condition with an unknown name',
      'cause.confidence',
      'cause.confidenc',
      '6 when: found "cause.confidenc >= 0.6", at column 7: No such key: confidenc; a condition may name: cause.reason',
    ],
    [
      'a hold longer than the deadline',
      'hold: 1m',
      'hold: 20m',
      '31 verification.deadline: recovery could never be held so long; allowed: longer than verification.hold',
    ],
    [
      'an unknown name in a query',
      'pod=~"$pods"})\n  unit',
      'pod=~"$pod"})\n  unit',
      '25 verification.indicator: $pod is not known; allowed: $namespace, $workload, $pods',
    ],
    ['a query that is not PromQL', 'traffic: sum(', 'traffic: sum((', '28 verification.traffic: not PromQL'],
    ['a key written twice', 'mode: auto', 'mode: auto\nmode: observe', '8 : this key is written twice'],
    ['two documents', 'mode: auto', 'mode: auto\n---', '8 : more than one document'],
    [
      'an id that means the absence of a policy',
      'id: scale-orders',
      'id: none',
      '3 id: none is what tests call the absence of a policy; another id',
    ],
  ])('is refused for %s', (_name, line, wrong, expected) => {
    const problems = problemsIn(POLICY_TEXT.replace(line, wrong));

    expect(problems[0]).toContain(expected);
  });

  it('is refused when a remediation does not handle its cause', () => {
    const text = POLICY_TEXT.replace('cause: connection-pool-waiting', 'cause: database-connections-exhausted');

    expect(problemsIn(text)).toEqual([
      '10 ladder[0].remediation: scale-workload does not handle cause database-connections-exhausted, only: connection-pool-waiting',
    ]);
  });

  it('is told everything that is wrong at once', () => {
    const text = POLICY_TEXT.replace('maxReplicas: 8', 'maxReplicas: 0').replace('hold: 1m', 'hold: 20m');

    expect(problemsIn(text)).toHaveLength(2);
  });

  it.each(['', 'just text', '[1, 2]', 'null', '&a [*a]', '!!js/function x'])('is never made of %j', (text) => {
    expect(problemsIn(text).length).toBeGreaterThan(0);
  });

  it('does not grow by aliases', () => {
    const nested = Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1}, *a${i - 1}`}]`);

    expect(problemsIn(nested.join('\n'))[0]).toContain('aliases are not read');
  });
});

describe('directories', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'hale-policies-'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  async function directory(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const path = join(root, name);
    await mkdir(path);
    for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
    return path;
  }

  const named = (id: string) => POLICY_TEXT.replace('id: scale-orders', `id: ${id}`);

  it('are loaded in their order, files by name; tests, hidden and other files are passed over', async () => {
    const own = await directory('own', { 'z.yaml': named('own-z'), 'b.yml': named('own-b'), 'README.md': '#' });
    const shipped = await directory('shipped', { 'a.yaml': named('shipped'), 'a.test.yaml': 'x', '.hidden.yaml': 'x' });

    const loaded = await loadPolicies({ directories: [own, shipped], remediations });

    expect(loaded.map(({ policy }) => policy.id)).toEqual(['own-b', 'own-z', 'shipped']);
  });

  it('are refused as a whole, with file and line of every problem', async () => {
    const own = await directory('own', {
      'a.yaml': named('first').replace('mode: auto', 'mode: always'),
      'b.yaml': named('second').replace('mode: auto', 'mode: never'),
    });

    const loading = loadPolicies({ directories: [own], remediations });

    const allowed = 'allowed: observe, suggest, approve, auto';
    await expect(loading).rejects.toMatchObject({
      code: 'policy-invalid',
      message: `${own}/a.yaml:7: mode: found "always"; ${allowed}\n${own}/b.yaml:7: mode: found "never"; ${allowed}`,
    });
  });

  it('must not hold two policies of one id', async () => {
    const own = await directory('own', { 'a.yaml': named('same') });
    const shipped = await directory('shipped', { 'b.yaml': named('same') });

    const loading = loadPolicies({ directories: [own, shipped], remediations });

    await expect(loading).rejects.toThrow(
      `${shipped}/b.yaml:3: id: found same, the id of the policy in ${own}/a.yaml too`,
    );
  });

  it('must exist and hold a policy', async () => {
    const empty = await directory('empty', {});

    await expect(loadPolicies({ directories: [join(root, 'gone')], remediations })).rejects.toThrow(
      'gone:1: not a directory',
    );
    await expect(loadPolicies({ directories: [empty], remediations })).rejects.toThrow('no *.yaml in it');
  });
});

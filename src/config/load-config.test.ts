import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { HaleError, isHaleError } from '../domain/errors.ts';
import type { Environment } from './config-source.ts';
import { loadConfig, parseConfig } from './load-config.ts';
import { isLoopback } from './loopback.ts';
import { Secret } from './secret.ts';

const here = dirname(fileURLToPath(import.meta.url));
const bad = join(here, 'bad');
const examples = join(here, '../../docs/examples');
// The rule itself is tested with redaction; here it only has to be asked.
const patternProblem = (pattern: string): string | null => (pattern.includes('(') ? 'groups are not allowed' : null);

function messageOf(path: string, env: Environment): string {
  try {
    loadConfig(path, env, patternProblem);
  } catch (error) {
    if (isHaleError(error, 'config-invalid')) return error.message;
    throw error;
  }
  throw new Error(`${path} was accepted`);
}

/** File name: where it must point, and what the message must say. */
const BAD: Readonly<Record<string, readonly [place: string, ...says: string[]]>> = {
  'bad-duration': ['8:11', 'storm.within', '"5 minutes"', '90s, 10m, 2h or 1d'],
  'bad-mode': ['9:11', 'autonomy.namespaces.shop', '"automatic"', 'observe, suggest, approve, auto'],
  'bad-number': ['8:17', 'intake.maxBodyBytes', '"4MiB"', 'a number'],
  'channel-not-an-address': ['8:10', 'notify.first', 'not an http'],
  'credentials-in-header': ['6:5', 'prometheus.headers.Authorization', 'under auth'],
  'credentials-in-url': ['4:8', 'prometheus.url', 'without user, password'],
  'duplicate-key': ['7:1', 'written twice'],
  'empty-file': ['1:1', 'apiVersion: missing', 'prometheus: missing', 'scope: missing'],
  'empty-namespace': ['6:16', 'scope.namespaces[0]', 'found ""'],
  'empty-selector': ['10:17', 'catalogue.databases[0].matchers', 'an empty selector means everything'],
  'half-a-certificate': ['5:8', 'prometheus.tls', 'both or neither'],
  'logs-credentials-in-url': ['9:25', 'logs.elasticsearch[0].url', 'without user, password'],
  'logs-fingerprint-too-short': ['12:29', 'logs.elasticsearch[0].tls.caFingerprint', '"AB:CD"', 'SHA-256'],
  'logs-index-with-comma': ['9:61', 'logs.elasticsearch[0].indices[0]', 'a pattern like logs-*'],
  'logs-late-before-overlap': ['9:95', 'logs.elasticsearch[0].lateFor', 'shorter than overlap'],
  'logs-mtls-without-authority': ['10:20', 'logs.intake.auth[0].mtls', 'logs.intake.tls.clientCaFile'],
  'logs-open-to-all': ['8:19', 'logs.intake.host', 'logs.intake.auth', '127.0.0.1'],
  'logs-page-too-large': ['9:82', 'logs.elasticsearch[0].pageSize', '20000', 'at most 10000'],
  'logs-same-name-twice': ['10:15', 'logs.elasticsearch[1].name', '"all" twice'],
  'logs-secret-in-file': ['12:15', 'logs.elasticsearch[0].auth.apiKey', 'never written in this file', 'apiKeyEnv'],
  'logs-tls-beside-http': ['12:12', 'logs.elasticsearch[0].tls', 'write https:'],
  'logs-two-credentials': ['12:13', 'logs.elasticsearch[0].auth', 'exactly one way'],
  'logs-version-of-no-server': ['8:22', 'logs.intake.version', '"latest"', '8.19.2'],
  'logs-without-index': ['9:60', 'logs.elasticsearch[0].indices', 'at least one index'],
  'mtls-without-authority': ['9:13', 'intake.auth[0].mtls', 'listen.tls.clientCaFile'],
  'name-twice': ['10:15', 'api.tokens[1].name', '"me" twice'],
  'no-namespaces': ['6:15', 'scope.namespaces', 'found an empty list', "'*' must be written out"],
  'no-scope': ['1:1', 'scope: missing'],
  'not-yaml': ['4:1', 'not YAML'],
  'open-to-all': ['8:9', 'listen.host', 'intake.auth', 'api.tokens', '127.0.0.1'],
  'second-channel-alone': ['8:11', 'notify.second', 'notify.first'],
  'secret-as-variable-name': ['9:18', 'intake.auth[0].bearerEnv', 'not shown here', 'HALE_TOKEN'],
  'secret-file-missing': ['9:44', 'api.tokens[0].tokenFile', 'ENOENT'],
  'secret-in-file': ['9:7', 'intake.auth[0].bearer', 'never written in this file', 'bearerEnv or bearerFile'],
  'slow-pattern': ['9:30', 'redaction.extraPatterns[0].pattern', 'groups are not allowed'],
  'star-beside-names': ['6:15', 'scope.namespaces', "'*' alone"],
  'two-documents': ['7:1', 'more than one document'],
  'two-ways-to-authenticate': ['9:7', 'intake.auth[0]', 'exactly one way'],
  'unknown-key': ['7:1', 'autonomie', 'did you mean autonomy?'],
  'unknown-key-within': ['8:3', 'listen.prot', 'did you mean port?', 'host, port, tls'],
  'unquoted-star': ['6:16', 'needs quotes'],
  'variable-not-set': ['9:18', 'intake.auth[0].bearerEnv', 'HALE_ABSENT', 'is not set'],
  'wrong-api-version': ['1:13', 'apiVersion', '"hale/v2"', 'hale/v1'],
};

describe('bad configurations', () => {
  it('has a row for every file', () => {
    expect(readdirSync(bad).toSorted()).toEqual(
      Object.keys(BAD)
        .map((name) => `${name}.yaml.bad`)
        .toSorted(),
    );
  });

  it.each(Object.entries(BAD))(
    '%s is refused with place, key, what was found and what is allowed',
    (name, [place, ...says]) => {
      const path = join(bad, `${name}.yaml.bad`);

      const message = messageOf(path, { HALE_TOKEN: 'hunter2', HALE_URL: 'http://127.0.0.1/hook' });

      expect(message.startsWith(`${path}:${place}: `)).toBe(true);
      for (const text of says) expect(message).toContain(text);
      expect(message).not.toContain('hunter2');
    },
  );

  it('says what to do when the file is not there', () => {
    expect(messageOf(join(bad, 'absent.yaml'), {})).toContain('--config FILE');
  });

  it('keeps the problems for machines', () => {
    let caught: unknown;
    try {
      loadConfig(join(bad, 'empty-file.yaml.bad'), {}, patternProblem);
    } catch (error) {
      caught = error;
    }

    expect(caught).toBeInstanceOf(HaleError);
    expect((caught as HaleError).details['problems']).toHaveLength(4);
  });
});

describe('examples', () => {
  const env = {
    HALE_INTAKE_TOKEN: 'intake-token-1',
    HALE_GRAFANA_PASSWORD: 'grafana-password-1',
    HALE_APPROVER_TOKEN: 'approver-token-1',
    HALE_VIEWER_TOKEN: 'viewer-token-1',
    HALE_OPERATOR_TOKEN: 'operator-token-1',
    HALE_SLACK_URL: 'https://slack.example/hook-1',
    HALE_MODEL_KEY: 'model-key-1',
    HALE_PAGER_URL: 'https://pager.example/hook-1',
  };

  it('minimal.yaml watches one namespace from loopback and only observes', () => {
    const config = loadConfig(join(examples, 'minimal.yaml'), {}, patternProblem);

    expect(config.listen).toEqual({ host: '127.0.0.1', port: 8_090, tls: null });
    expect(config.autonomy.default).toBe('observe');
    expect(config.intake.auth).toEqual([]);
    expect(config.store.path).toBe(join(examples, '.hale/store.db'));
    expect(config.workflow.settleMs).toBe(10_000);
    expect(config.retention.audit.maxAgeMs).toBe(365 * 86_400_000);
  });

  it('cluster.yaml sets every section that there is', () => {
    const config = loadConfig(join(examples, 'cluster.yaml'), env, patternProblem);

    expect(config.intake.auth.map(({ kind }) => kind)).toEqual(['bearer', 'basic']);
    expect(config.intake.watchdog).toEqual({ alertname: 'Watchdog', expectEveryMs: 300_000, graceMs: 300_000 });
    expect(config.api.tokens.map(({ name, token }) => [name, token.reveal()])).toEqual([
      ['on-call', 'approver-token-1'],
      ['dashboard', 'viewer-token-1'],
      ['platform', 'operator-token-1'],
    ]);
    expect(config.model).toMatchObject({
      name: 'small-model',
      timeoutMs: 30_000,
      prices: { input: 0.15, output: 0.6 },
    });
    expect(config.model?.key?.reveal()).toBe('model-key-1');
    expect(config.notify.second?.url.reveal()).toBe('https://pager.example/hook-1');
    expect(config.placeOf(['store', 'path'])).toMatch(/cluster\.yaml:\d+:\d+$/);
  });

  it('cluster.yaml says the same as the defaults where it repeats them', () => {
    const full = loadConfig(join(examples, 'cluster.yaml'), env, patternProblem);
    const least = loadConfig(join(examples, 'minimal.yaml'), {}, patternProblem);

    expect(full.workflow).toEqual(least.workflow);
    expect(full.retention).toEqual(least.retention);
    expect(full.storm).toEqual(least.storm);
    expect(full.freeze).toEqual(least.freeze);
  });

  it('does not start without one of its secrets', () => {
    const path = join(examples, 'cluster.yaml');

    expect(messageOf(path, { ...env, HALE_VIEWER_TOKEN: ' ' })).toContain('HALE_VIEWER_TOKEN');
  });
});

describe('secrets', () => {
  it('print as <secret> everywhere', () => {
    const secret = new Secret(() => 'hunter2');

    const shown = [String(secret), JSON.stringify({ secret }), inspect({ secret }, { depth: 9, showHidden: true })];

    for (const text of shown) {
      expect(text).toContain('<secret>');
      expect(text).not.toContain('hunter2');
    }
    expect(secret.reveal()).toBe('hunter2');
  });

  it('are read again from their file, so that a renewed one is used', () => {
    let stored = 'first\n';
    const text =
      'apiVersion: hale/v1\nkind: Config\nscope: {namespaces: [shop]}\nprometheus: {url: http://p, auth: {bearerFile: t}}\n';
    const config = parseConfig(text, { file: 'c', folder: '/', env: {}, readFile: () => stored, patternProblem });
    const auth = config.prometheus.auth;

    stored = 'second\n';

    expect(auth).toMatchObject({ kind: 'bearer' });
    expect(auth?.kind === 'bearer' ? auth.token.reveal() : null).toBe('second');
  });
});

it.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['', false],
  ['10.0.0.1', false],
  ['127.example.org', false],
])('%j is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

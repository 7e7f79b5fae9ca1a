import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { chartRules } from '../scripts/chart-rules.ts';
import { isRead, wantedPermissions } from '../src/app/permissions.ts';
import { loadConfig } from '../src/config/load-config.ts';
import { type Permission, permissionName } from '../src/domain/permission.ts';
import { findProblem } from '../src/redaction/extra-patterns.ts';
import { findPart, findParts } from '../test/world/parts.ts';
import { PARTS } from '../test/world/parts-list.ts';

const CHART = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), 'hale-chart-'));
afterAll(() => rmSync(folder, { recursive: true }));

const helm = await findHelm();

/** Fetched only where every part has to be there; elsewhere a test downloads nothing. */
async function findHelm(): Promise<string | undefined> {
  const context = { env: process.env, progress: { say: (line: string) => console.error(line) } };
  const found = await findPart(PARTS.helm, context);
  if (found !== undefined) return found;
  if (process.env['HALE_REQUIRE_PARTS'] === '1') return (await findParts(context)).helm;
  console.error(`skipped: the chart is not rendered: helm is missing (${PARTS.helm.install})`);
  return undefined;
}

const VALUES = {
  image: { repository: 'registry.example/hale' },
  intake: { tokenSecret: { name: 'hale-intake', key: 'token' } },
  api: { tokens: [{ name: 'on-call', role: 'operator', tokenSecret: { name: 'hale-on-call', key: 'password' } }] },
  config: { prometheus: { url: 'http://prometheus.monitoring:9090' }, scope: { namespaces: ['shop', 'checkout'] } },
};

interface KubeObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [key: string]: unknown;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

function helmRun(args: readonly string[], values: unknown) {
  const file = join(folder, 'values.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(values));
  const env = { ...process.env, HOME: folder };
  return spawnSync(helm ?? '', [...args, '--values', file], { encoding: 'utf8', env });
}

function render(values: unknown = VALUES): { text: string; objects: KubeObject[] } {
  const run = helmRun(['template', 'hale', CHART, '--namespace', 'hale'], values);
  if (run.status !== 0) throw new Error(run.stderr);
  return { text: run.stdout, objects: parseAllDocuments(run.stdout).map((it) => it.toJS() as KubeObject) };
}

function grantedBy(objects: readonly KubeObject[], kind: string, name: string): string[] {
  const role = objects.find((it) => it.kind === kind && it.metadata.name === name);
  return ((role?.['rules'] ?? []) as Rule[])
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((path) => {
          const [resource = '', subresource] = path.split('/');
          return verbs.map((verb) =>
            permissionName({
              group,
              resource,
              verb: verb as Permission['verb'],
              ...(subresource ? { subresource } : {}),
            }),
          );
        }),
      ),
    )
    .sort();
}

const names = (permissions: readonly Permission[]) => permissions.map(permissionName).sort();

describe('the list of permissions', () => {
  it('is as `npm run docs` writes it', () => {
    expect(readFileSync(join(CHART, 'templates/_rules.tpl'), 'utf8')).toBe(chartRules());
  });
});

describe.skipIf(helm === undefined)('the chart, rendered by helm', () => {
  const wanted = wantedPermissions();

  it('passes helm lint', () => {
    expect(helmRun(['lint', '--strict', CHART], VALUES)).toMatchObject({ status: 0 });
  });

  it('grants what the code declares and nothing else, with the reason of each', () => {
    const { text, objects } = render();

    expect(grantedBy(objects, 'ClusterRole', 'hale-hale-read')).toEqual(
      names([...wanted.cluster, ...wanted.workloads.filter(isRead)]),
    );
    expect(grantedBy(objects, 'ClusterRole', 'hale-hale-write')).toEqual(
      names(wanted.workloads.filter((it) => !isRead(it))),
    );
    expect(grantedBy(objects, 'Role', 'hale-own')).toEqual(names(wanted.own));
    const roles = objects.filter(({ kind }) => kind.endsWith('Role')).map(({ metadata }) => metadata.name);
    expect(roles.sort()).toEqual(['hale-hale-read', 'hale-hale-write', 'hale-own']);
    const missing = [...wanted.cluster, ...wanted.workloads, ...wanted.own].filter(
      ({ verb, because }) => !new RegExp(`# .*${verb}.*: `).test(text) || !text.includes(`: ${because}\n`),
    );
    expect(missing).toEqual([]);
  });

  it('binds reading to the whole cluster, and writing to the listed namespaces alone', () => {
    const bindings = render().objects.filter(({ kind }) => kind.endsWith('Binding'));

    expect(
      bindings.map(({ kind, metadata, roleRef }) => [kind, metadata.namespace, (roleRef as KubeObject)['name']]),
    ).toEqual([
      ['ClusterRoleBinding', undefined, 'hale-hale-read'],
      ['RoleBinding', 'hale', 'hale-own'],
      ['RoleBinding', 'shop', 'hale-hale-write'],
      ['RoleBinding', 'checkout', 'hale-hale-write'],
    ]);
    for (const { subjects } of bindings) {
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'hale', namespace: 'hale' }]);
    }
  });

  it("writes everywhere only where '*' is written out, alone", () => {
    const all = (namespaces: string[]) => ({ ...VALUES, config: { ...VALUES.config, scope: { namespaces } } });
    const written = render(all(['*'])).objects.filter(({ metadata }) => metadata.name === 'hale-hale-write');

    expect(written.map(({ kind }) => kind)).toEqual(['ClusterRole', 'ClusterRoleBinding']);
    expect(() => render(all(['*', 'shop']))).toThrow("'*' must stand alone");
  });

  it('observes only, and its configuration is one that Hale takes', () => {
    const { objects } = render();
    const map = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> };
    const text = (map.data['hale.yaml'] ?? '').replaceAll('/etc/hale/tokens', join(folder, 'tokens'));
    for (const path of ['tokens/intake/token', 'tokens/api-on-call/password']) {
      execFileSync('mkdir', ['-p', join(folder, path, '..')]);
      writeFileSync(join(folder, path), 'a-token-of-the-test');
    }
    writeFileSync(join(folder, 'hale.yaml'), text);

    const config = loadConfig(join(folder, 'hale.yaml'), {}, findProblem);

    expect(config.autonomy).toMatchObject({ default: 'observe', namespaces: {} });
    expect(config.scope.namespaces).toEqual(['shop', 'checkout']);
    expect(config.freeze.namespace).toBe('hale');
  });

  it('mounts policies of the user as files before the shipped ones, and changes the pod when they change', () => {
    const policy = (id: string) => ({ apiVersion: 'hale/v1', kind: 'Policy', id, cause: 'bad-release' });
    const given = (id: string) => ({
      ...VALUES,
      config: { ...VALUES.config, policies: { directories: ['/mine'] } },
      policies: { mine: { ...policy(id), ladder: [], verification: {} } },
    });
    const dataOf = (name: string) =>
      render(given('mine')).objects.find((it) => it.kind === 'ConfigMap' && it.metadata.name === name)?.['data'];
    const podOf = (id: string) =>
      JSON.stringify(render(given(id)).objects.find(({ kind }) => kind === 'Deployment')?.['spec']);

    expect(parse((dataOf('hale-policies') as { 'mine.yaml': string })['mine.yaml'])).toMatchObject(policy('mine'));
    expect(parse((dataOf('hale') as { 'hale.yaml': string })['hale.yaml'])).toMatchObject({
      policies: { directories: ['/etc/hale/policies', '/mine'] },
    });
    expect(podOf('mine')).toContain('"mountPath":"/etc/hale/policies","readOnly":true');
    expect(podOf('mine')).not.toBe(podOf('other'));
    expect(render().text).not.toContain('/etc/hale/policies');
  });

  it('is one replica that is replaced, never doubled, and may do little on its node', () => {
    const deployment = render().objects.find(({ kind }) => kind === 'Deployment') as unknown as {
      spec: { replicas: number; strategy: { type: string }; template: { spec: Record<string, unknown> } };
    };
    const { spec } = deployment;
    const [container] = spec.template.spec['containers'] as Record<string, unknown>[];

    expect(spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
    expect(spec.template.spec['securityContext']).toMatchObject({ runAsNonRoot: true });
    expect(container?.['securityContext']).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) expect(container).toHaveProperty(probe);
    expect(container?.['env']).toEqual([{ name: 'TMPDIR', value: '/var/cache/hale' }]);
  });

  it('changes the pod when the configuration changes', () => {
    const sum = (values: unknown) => /checksum\/config: (\w+)/.exec(render(values).text)?.[1];

    expect(sum(VALUES)).not.toBe(sum({ ...VALUES, config: { ...VALUES.config, autonomy: { default: 'suggest' } } }));
  });

  it.each([
    { what: 'no image', change: { image: { repository: '' } }, says: '/image/repository' },
    {
      what: 'no intake token',
      change: { intake: { tokenSecret: { name: '', key: 'token' } } },
      says: '/intake/tokenSecret/name',
    },
    { what: 'nobody who may ask', change: { api: { tokens: [] } }, says: '/api/tokens' },
    {
      what: 'a namespace that is none',
      change: { config: { ...VALUES.config, scope: { namespaces: ['Shop'] } } },
      says: '/config/scope/namespaces/0',
    },
    { what: 'a misspelt key', change: { replicas: 2 }, says: 'replicas' },
    {
      what: 'a section that the chart writes',
      change: { config: { ...VALUES.config, store: { path: '/elsewhere' } } },
      says: '/config',
    },
  ])('refuses $what', ({ change, says }) => {
    const run = helmRun(['template', 'hale', CHART], { ...VALUES, ...change });

    expect(run.status).not.toBe(0);
    expect(run.stderr).toContain(says);
  });

  it('opens a port for shippers of logs where the configuration takes them in, and only there', () => {
    const auth = [{ basic: { username: 'shipper', passwordFile: '/etc/hale/secrets/shipper/password' } }];
    const values = { ...VALUES, config: { ...VALUES.config, logs: { intake: { port: 9280, auth } } } };

    const { text, objects } = render(values);

    const service = objects.find(({ kind }) => kind === 'Service');
    expect(service?.['spec']).toMatchObject({
      ports: [{ name: 'http' }, { name: 'logs', port: 9200, targetPort: 'logs' }],
    });
    expect(text).toContain('{ name: logs, containerPort: 9280 }');
    const { data } = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> };
    expect(parse(data['hale.yaml'] ?? '')).toMatchObject({ logs: { intake: { host: '0.0.0.0', port: 9280, auth } } });
    expect(render().text).not.toContain('name: logs');
  });

  it('has no default that would start', () => {
    expect(helmRun(['template', 'hale', CHART], {}).status).not.toBe(0);
  });
});

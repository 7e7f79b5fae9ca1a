import { isRead, wantedPermissions } from '../src/app/permissions.ts';
import type { Permission } from '../src/domain/permission.ts';

/** Templates of the chart with the rules of its roles, from what the code declares; the chart binds them. */
export function chartRules(): string {
  const { cluster, own, workloads } = wantedPermissions();
  const templates: readonly (readonly [string, readonly Permission[]])[] = [
    ['hale.rules.cluster', cluster],
    ['hale.rules.read', workloads.filter(isRead)],
    ['hale.rules.write', workloads.filter((it) => !isRead(it))],
    ['hale.rules.own', own],
  ];
  return [
    '{{/* Written by `npm run docs` from src/app/permissions.ts and from what each plug-in needs; do not change it by hand. */}}',
    ...templates.map(([name, permissions]) => `{{- define "${name}" -}}\n${rules(permissions)}\n{{- end }}`),
    '',
  ].join('\n\n');
}

/** One rule per resource, with all its verbs and every reason why. */
function rules(permissions: readonly Permission[]): string {
  const byResource = Map.groupBy(permissions, ({ group, resource, subresource }) =>
    JSON.stringify({ group, name: subresource ? `${resource}/${subresource}` : resource }),
  );
  return [...byResource]
    .map(([key, ofResource]) => {
      const { group, name } = JSON.parse(key) as { group: string; name: string };
      return [
        ...reasonsOf(ofResource),
        `- apiGroups: ["${group}"]`,
        `  resources: ["${name}"]`,
        `  verbs: [${[...new Set(ofResource.map(({ verb }) => verb))].join(', ')}]`,
      ].join('\n');
    })
    .join('\n');
}

function reasonsOf(permissions: readonly Permission[]): string[] {
  const verbsOf = Map.groupBy(permissions, ({ because }) => because);
  return [...verbsOf].map(([because, those]) => `# ${those.map(({ verb }) => verb).join(', ')}: ${because}`);
}

import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { HaleError } from '../../domain/errors.ts';

/** One cluster and one user, as a kubeconfig or a pod's ServiceAccount describes them; file names are absolute. */
export interface KubeIdentity {
  readonly cluster: {
    readonly name: string;
    readonly server: string;
    readonly ca: PemSource;
    readonly verify: boolean;
    readonly serverName: string | undefined;
    readonly proxyUrl: string | undefined;
  };
  readonly user: {
    readonly name: string;
    readonly cert: PemSource;
    readonly key: PemSource;
    readonly token: string | undefined;
    readonly tokenFile: string | undefined;
    readonly username: string | undefined;
    readonly password: string | undefined;
    readonly impersonate: string | undefined;
    /** As written: the official client's authenticators read them. */
    readonly exec: unknown;
    readonly authProvider: { readonly name: string; readonly config?: unknown } | undefined;
  };
}

export interface PemSource {
  readonly file: string | undefined;
  /** PEM text in base64. */
  readonly data: string | undefined;
}

const text = z
  .string()
  .nullish()
  .transform((it) => it || undefined);

// Only the fields that are used; others are let through.
const KubeConfigFile = z.object({
  'current-context': text,
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({
        server: z.string(),
        'certificate-authority': text,
        'certificate-authority-data': text,
        'insecure-skip-tls-verify': z.boolean().nullish(),
        'tls-server-name': text,
        'proxy-url': text,
      }),
    }),
  ),
  users: z
    .array(
      z.object({
        name: z.string(),
        user: z
          .object({
            'client-certificate': text,
            'client-certificate-data': text,
            'client-key': text,
            'client-key-data': text,
            token: text,
            tokenFile: text,
            username: text,
            password: text,
            as: text,
            exec: z.unknown().optional(),
            'auth-provider': z.object({ name: z.string(), config: z.unknown().optional() }).nullish(),
          })
          .nullish(),
      }),
    )
    .nullish(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) })),
});

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Who this process is in a pod. Throws `config-invalid` outside of one. */
export function inClusterIdentity(env: Readonly<Record<string, string | undefined>>): KubeIdentity {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'] || '443';
  if (!host) {
    throw invalid(
      'not running in a pod (KUBERNETES_SERVICE_HOST is not set); name a kubeconfig in kubernetes.kubeconfig',
    );
  }
  const none = { file: undefined, data: undefined };
  return {
    cluster: {
      name: 'in-cluster',
      server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
      ca: { file: join(SERVICE_ACCOUNT, 'ca.crt'), data: undefined },
      verify: true,
      serverName: undefined,
      proxyUrl: undefined,
    },
    user: {
      name: 'service-account',
      cert: none,
      key: none,
      token: undefined,
      tokenFile: join(SERVICE_ACCOUNT, 'token'),
      username: undefined,
      password: undefined,
      impersonate: undefined,
      exec: undefined,
      authProvider: undefined,
    },
  };
}

/** The cluster and user of one context of a kubeconfig file. Throws `config-invalid`. */
export async function readKubeconfig(path: string, wantedContext: string | undefined): Promise<KubeIdentity> {
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw invalid(`the kubeconfig ${path} cannot be read`, cause);
  });
  const config = await parseKubeconfig(path, content);
  const contextName = wantedContext ?? config['current-context'];
  const context = config.contexts.find((it) => it.name === contextName)?.context;
  if (context === undefined) {
    const names = config.contexts.map((it) => it.name).join(', ') || 'none';
    throw invalid(`the kubeconfig ${path} has no context "${contextName ?? ''}"; it has: ${names}`);
  }
  const cluster = config.clusters.find((it) => it.name === context.cluster)?.cluster;
  const entry = config.users?.find((it) => it.name === context.user);
  if (cluster === undefined || entry === undefined) {
    throw invalid(`context "${contextName}" of ${path} names a cluster or a user that the file does not hold`);
  }
  const user = entry.user;
  // Relative names are relative to the folder of the file.
  const file = (name: string | undefined): string | undefined =>
    name === undefined || isAbsolute(name) ? name : join(dirname(path), name);
  return {
    cluster: {
      name: context.cluster,
      server: cluster.server,
      ca: { file: file(cluster['certificate-authority']), data: cluster['certificate-authority-data'] },
      verify: cluster['insecure-skip-tls-verify'] !== true,
      serverName: cluster['tls-server-name'],
      proxyUrl: cluster['proxy-url'],
    },
    user: {
      name: context.user,
      cert: { file: file(user?.['client-certificate']), data: user?.['client-certificate-data'] },
      key: { file: file(user?.['client-key']), data: user?.['client-key-data'] },
      token: user?.token,
      tokenFile: file(user?.tokenFile),
      username: user?.username,
      password: user?.password,
      impersonate: user?.as,
      exec: user?.exec ?? undefined,
      authProvider: user?.['auth-provider'] ?? undefined,
    },
  };
}

async function parseKubeconfig(path: string, content: string): Promise<z.infer<typeof KubeConfigFile>> {
  const { parse } = await import('yaml');
  let raw: unknown;
  try {
    raw = parse(content);
  } catch (cause) {
    throw invalid(`the kubeconfig ${path} is not YAML`, cause);
  }
  const parsed = KubeConfigFile.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`the kubeconfig ${path} is not one: ${issue?.path.join('.') || 'document'}: ${issue?.message ?? ''}`);
}

export function invalid(message: string, cause?: unknown): HaleError {
  return new HaleError('config-invalid', `kubernetes: ${message}`, { cause });
}

import { readFile } from 'node:fs/promises';
import { HaleError } from '../../domain/errors.ts';
import type { TlsMaterial } from '../http/transport.ts';
import { inClusterIdentity, invalid, type KubeIdentity, type PemSource, readKubeconfig } from './kubeconfig.ts';

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
}

/** Where the API server is and how this process shows who it is. */
export interface ClusterAccess {
  readonly server: URL;
  readonly proxyUrl: string | undefined;
  /** For one request; a token that is about to expire is renewed on the way. Errors: `cluster-unavailable`. */
  credentials(): Promise<Credentials>;
}

export interface AccessOptions {
  /** Path of a kubeconfig; absent: the ServiceAccount of the pod that this process runs in. */
  readonly kubeconfig?: string;
  /** Context of the kubeconfig; absent: its current one. */
  readonly context?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the official client's authenticators read of a user, and where they put what they found. */
interface Authenticator {
  applyAuthentication(user: { name: string; exec?: unknown; authProvider?: unknown }, into: Applied): Promise<void>;
}
interface Applied {
  readonly headers: Record<string, string>;
  cert?: string;
  key?: string;
}

const LOOPBACK_HOSTS = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Reads the credentials anew: called at start, and again when the API server no longer accepts them, so that whatever rotated is found.
 *
 * Of the official client only its authenticators are loaded, and only the one that is needed: its index costs about 85 MB of resident memory
 * and half a second (measured on Node 24), nearly all of it for generated models that are never used here. Errors: `config-invalid`.
 */
export async function loadAccess(options: AccessOptions): Promise<ClusterAccess> {
  const { cluster, user } =
    options.kubeconfig === undefined
      ? inClusterIdentity(options.env)
      : await readKubeconfig(options.kubeconfig, options.context);
  const server = checkedServer(cluster);
  const tls: TlsMaterial = {
    ...named('ca', await readPem(cluster.ca)),
    ...named('cert', await readPem(user.cert)),
    ...named('key', await readPem(user.key)),
    ...named('serverName', cluster.serverName),
    verify: cluster.verify,
  };
  const authenticate = await authenticatorOf(user);
  let known: { cert: string | undefined; key: string | undefined; tls: TlsMaterial } | null = null;

  return {
    server,
    proxyUrl: cluster.proxyUrl,
    async credentials() {
      const applied: Applied = { headers: {} };
      await authenticate(applied).catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new HaleError('cluster-unavailable', `no credential for user "${user.name}": ${why}`, {
          cause,
          details: { maybeApplied: false },
        });
      });
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(applied.headers)) headers[name.toLowerCase()] = value.trim();
      if (user.token !== undefined) headers['authorization'] = `Bearer ${user.token.trim()}`;
      if (user.username !== undefined) {
        headers['authorization'] = `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
      }
      if (user.impersonate !== undefined) headers['impersonate-user'] = user.impersonate;
      const { cert, key } = applied;
      // Connections are kept per object, so equal certificates must be the same object.
      if (known === null || known.cert !== cert || known.key !== key) {
        known = { cert, key, tls: { ...tls, ...named('cert', cert), ...named('key', key) } };
      }
      return { headers, tls: known.tls };
    },
  };
}

function checkedServer(cluster: KubeIdentity['cluster']): URL {
  const server = URL.canParse(cluster.server) ? new URL(cluster.server) : null;
  if (server === null || !/^https?:$/.test(server.protocol)) {
    throw invalid(`the address of cluster "${cluster.name}" is not a URL; write https://HOST:PORT`);
  }
  if (server.protocol === 'http:' && !LOOPBACK_HOSTS.has(server.hostname)) {
    throw invalid(
      `cluster "${cluster.name}" is reached over http://, which shows the credential to all; write https://`,
    );
  }
  if (cluster.proxyUrl !== undefined && !/^https?:/.test(cluster.proxyUrl)) {
    throw invalid(`cluster "${cluster.name}" has a proxy-url of a kind that is not supported; write http://HOST:PORT`);
  }
  return server;
}

async function readPem({ file, data }: PemSource): Promise<Buffer | undefined> {
  // Inline data wins over a file, as in client-go.
  if (data !== undefined) return Buffer.from(data, 'base64');
  if (file === undefined) return undefined;
  return readFile(file).catch((cause: unknown) => {
    throw invalid(`the certificate file ${file} cannot be read`, cause);
  });
}

async function authenticatorOf(user: KubeIdentity['user']): Promise<(into: Applied) => Promise<void>> {
  const { name, tokenFile, exec, authProvider } = user;
  if (tokenFile !== undefined) {
    await readFile(tokenFile).catch((cause: unknown) => {
      throw invalid(`the token file ${tokenFile} cannot be read`, cause);
    });
    const { FileAuth } = await import('@kubernetes/client-node/dist/file_auth.js');
    const fromFile = new FileAuth() as Authenticator;
    return (into) => fromFile.applyAuthentication({ name, authProvider: { config: { tokenFile } } }, into);
  }
  if (exec !== undefined) {
    const { ExecAuth } = await import('@kubernetes/client-node/dist/exec_auth.js');
    const fromCommand = new ExecAuth() as Authenticator;
    return (into) => fromCommand.applyAuthentication({ name, exec }, into);
  }
  if (authProvider?.name === 'oidc') {
    // This one pulls in the whole official client.
    const { OpenIDConnectAuth } = await import('@kubernetes/client-node/dist/oidc_auth.js');
    const fromIssuer = new OpenIDConnectAuth() as Authenticator;
    return (into) => fromIssuer.applyAuthentication({ name, authProvider }, into);
  }
  if (authProvider !== undefined) {
    throw invalid(`user "${name}" has the auth-provider "${authProvider.name}", which Kubernetes removed; use "exec"`);
  }
  return () => Promise.resolve();
}

/** `{ [key]: value }`, or nothing where there is no value. */
function named<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}

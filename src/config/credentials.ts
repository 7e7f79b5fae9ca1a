import { resolve } from 'node:path';
import type { ConfigSource } from './config-source.ts';
import type { LoadedAuth, LoadedIntakeAuth, LoadedTls, Report } from './loaded-config.ts';
import type { ConfigFile } from './schema.ts';
import { Secret } from './secret.ts';

type SecretName = 'bearer' | 'token' | 'password' | 'url' | 'key' | 'apiKey';
export type Secrets = (name: SecretName, from: object, path: readonly PropertyKey[]) => Secret | null;

/** Finds the secret that `xxxEnv` or `xxxFile` names. Missing, empty or ambiguous is a problem; there is no default. */
export function secretReader({ env, readFile, folder }: ConfigSource, report: Report): Secrets {
  return (name, from, path) => {
    const envKey = `${name}Env`;
    const fileKey = `${name}File`;
    const sources = new Map<string, unknown>(Object.entries(from));
    const variable = sources.get(envKey);
    const fileName = sources.get(fileKey);
    if ((typeof variable === 'string') === (typeof fileName === 'string')) {
      report(path, `write either ${envKey} or ${fileKey}`);
      return null;
    }
    if (typeof variable === 'string') {
      const value = env[variable]?.trim() ?? '';
      if (value !== '') return new Secret(() => value);
      report(
        [...path, envKey],
        `the environment variable ${variable} is not set or empty; set it before Hale is started`,
      );
      return null;
    }
    const file = resolve(folder, String(fileName));
    const read = (): string => readFile(file).trim();
    const problem = unreadable(read);
    if (problem === null) return new Secret(read);
    report([...path, fileKey], `the file ${file} ${problem}`);
    return null;
  };
}

function unreadable(read: () => string): string | null {
  try {
    return read() === '' ? 'is empty; write the secret into it' : null;
  } catch (error) {
    return `cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'error'})`;
  }
}

export type AuthKeys = {
  readonly bearerEnv?: unknown;
  readonly bearerFile?: unknown;
  readonly basic?: { readonly username: string } | undefined;
};

export function clientAuth(
  auth: AuthKeys,
  path: readonly PropertyKey[],
  secrets: Secrets,
  report: Report,
): LoadedAuth | null {
  const bearer = auth.bearerEnv !== undefined || auth.bearerFile !== undefined;
  if (bearer === (auth.basic !== undefined)) {
    report(path, 'write exactly one way: bearerEnv, bearerFile or basic');
    return null;
  }
  if (auth.basic !== undefined) {
    const password = secrets('password', auth.basic, [...path, 'basic']);
    return password === null ? null : { kind: 'basic', username: auth.basic.username, password };
  }
  const token = secrets('bearer', auth, path);
  return token === null ? null : { kind: 'bearer', token };
}

export function intakeAuth(
  auth: AuthKeys & { readonly mtls?: true | undefined },
  path: readonly PropertyKey[],
  secrets: Secrets,
  report: Report,
): LoadedIntakeAuth | null {
  if (auth.mtls !== true) return clientAuth(auth, path, secrets, report);
  if (Object.keys(auth).length === 1) return { kind: 'mtls' };
  report(path, 'write exactly one way in each entry: bearerEnv, bearerFile, basic or mtls');
  return null;
}

export function clientTls(
  tls: NonNullable<ConfigFile['prometheus']['tls']>,
  path: readonly PropertyKey[],
  absolute: (name: string) => string,
  report: Report,
): LoadedTls {
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined))
    report(path, 'certFile and keyFile belong together; write both or neither');
  return {
    ...(tls.caFile === undefined ? {} : { caFile: absolute(tls.caFile) }),
    ...(tls.certFile === undefined ? {} : { certFile: absolute(tls.certFile) }),
    ...(tls.keyFile === undefined ? {} : { keyFile: absolute(tls.keyFile) }),
    ...(tls.serverName === undefined ? {} : { serverName: tls.serverName }),
  };
}

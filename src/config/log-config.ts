import { type AuthKeys, clientAuth, clientTls, intakeAuth, type Secrets } from './credentials.ts';
import type {
  LoadedConfig,
  LoadedElasticAuth,
  LoadedLogAuth,
  LoadedLogIntake,
  LoadedLogTarget,
  Report,
} from './loaded-config.ts';
import { isLoopback } from './loopback.ts';
import type { ConfigFile } from './schema.ts';

type LogsFile = ConfigFile['logs'];
type ElasticKeys = AuthKeys & { readonly apiKeyEnv?: unknown; readonly apiKeyFile?: unknown };

/** The section `logs`, with what the schema alone cannot say. */
export function compileLogs(
  logs: LogsFile,
  secrets: Secrets,
  absolute: (name: string) => string,
  report: Report,
): LoadedConfig['logs'] {
  const names = logs.elasticsearch.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index) {
      report(
        ['logs', 'elasticsearch', index, 'name'],
        `found ${JSON.stringify(name)} twice; every name must be its own`,
      );
    }
  }
  return {
    intake: logs.intake === undefined ? null : compileIntake(logs.intake, secrets, absolute, report),
    elasticsearch: logs.elasticsearch.map((target, index) => compileTarget(target, index, secrets, absolute, report)),
  };
}

function compileIntake(
  intake: NonNullable<LogsFile['intake']>,
  secrets: Secrets,
  absolute: (name: string) => string,
  report: Report,
): LoadedLogIntake {
  const path = ['logs', 'intake'];
  const { host, port, tls, auth, bodyTimeout, rememberFor, ...limits } = intake;
  if (!isLoopback(host) && auth.length === 0) {
    const where = `found ${JSON.stringify(host)}, which others can reach`;
    report(
      [...path, 'host'],
      `${where}; write how shippers of logs prove themselves under logs.intake.auth, or listen on 127.0.0.1`,
    );
  }
  for (const [index, one] of auth.entries()) {
    if (one.mtls === true && tls?.clientCaFile === undefined) {
      report(
        [...path, 'auth', index, 'mtls'],
        'needs logs.intake.tls.clientCaFile, the authority that signs the clients',
      );
    }
  }
  return {
    ...limits,
    listen: {
      host,
      port,
      tls:
        tls === undefined
          ? null
          : {
              certFile: absolute(tls.certFile),
              keyFile: absolute(tls.keyFile),
              clientCaFile: tls.clientCaFile === undefined ? null : absolute(tls.clientCaFile),
            },
    },
    auth: auth.flatMap((one, index) => logAuth(one, [...path, 'auth', index], secrets, report) ?? []),
    bodyTimeoutMs: bodyTimeout,
    rememberForMs: rememberFor,
  };
}

function compileTarget(
  target: LogsFile['elasticsearch'][number],
  index: number,
  secrets: Secrets,
  absolute: (name: string) => string,
  report: Report,
): LoadedLogTarget {
  const path = ['logs', 'elasticsearch', index];
  const { name, url, indices, auth, tls, pageSize, rememberIds } = target;
  if (target.lateFor < target.overlap) report([...path, 'lateFor'], 'is shorter than overlap; write at least as much');
  if (tls !== undefined && url.startsWith('http:')) {
    report([...path, 'tls'], 'found beside an address that begins with http:; write https:, or leave tls out');
  }
  return {
    name,
    url,
    indices,
    auth: auth === undefined ? null : elasticAuth(auth, [...path, 'auth'], secrets, report),
    tls:
      tls === undefined
        ? null
        : {
            ...clientTls(tls, [...path, 'tls'], absolute, report),
            ...(tls.caFingerprint === undefined ? {} : { caFingerprint: tls.caFingerprint }),
          },
    intervalMs: target.interval,
    overlapMs: target.overlap,
    lateForMs: target.lateFor,
    lateEveryMs: target.lateEvery,
    sinceMs: target.since,
    pageSize,
    timeoutMs: target.timeout,
    rememberIds,
  };
}

function elasticAuth(
  auth: ElasticKeys,
  path: readonly PropertyKey[],
  secrets: Secrets,
  report: Report,
): LoadedElasticAuth | null {
  if (auth.apiKeyEnv === undefined && auth.apiKeyFile === undefined) return clientAuth(auth, path, secrets, report);
  if (auth.bearerEnv !== undefined || auth.bearerFile !== undefined || auth.basic !== undefined) {
    report(path, 'write exactly one way: apiKeyEnv, apiKeyFile, bearerEnv, bearerFile or basic');
    return null;
  }
  const apiKey = secrets('apiKey', auth, path);
  return apiKey === null ? null : { kind: 'apiKey', apiKey };
}

function logAuth(
  auth: ElasticKeys & { readonly mtls?: true | undefined },
  path: readonly PropertyKey[],
  secrets: Secrets,
  report: Report,
): LoadedLogAuth | null {
  if (auth.mtls === true) return intakeAuth(auth, path, secrets, report);
  return elasticAuth(auth, path, secrets, report);
}

import { resolve } from 'node:path';
import type { ConfigSource } from './config-source.ts';
import { clientAuth, clientTls, intakeAuth, type Secrets, secretReader } from './credentials.ts';
import { compileLogs } from './log-config.ts';
import { isLoopback } from './loopback.ts';
import type { ConfigFile } from './schema.ts';
import type { Secret } from './secret.ts';

/** How Hale proves itself to another server. */
export type LoadedAuth =
  | { readonly kind: 'bearer'; readonly token: Secret }
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret };

/** How a sender of alerts proves itself to Hale. */
export type LoadedIntakeAuth = LoadedAuth | { readonly kind: 'mtls' };

/** What shippers of logs may show, and what Hale may show an Elasticsearch. */
export type LoadedElasticAuth = LoadedAuth | { readonly kind: 'apiKey'; readonly apiKey: Secret };
export type LoadedLogAuth = LoadedElasticAuth | { readonly kind: 'mtls' };

/** The door for shippers of logs. */
export interface LoadedLogIntake {
  readonly listen: LoadedConfig['listen'];
  readonly auth: readonly LoadedLogAuth[];
  readonly version: string;
  readonly maxBodyBytes: number;
  readonly maxDocumentChars: number;
  readonly maxPendingBytes: number;
  readonly bodyTimeoutMs: number;
  readonly rememberForMs: number;
  readonly rememberIds: number;
}

/** An Elasticsearch whose documents are read as they come. */
export interface LoadedLogTarget {
  readonly name: string;
  readonly url: string;
  readonly indices: readonly string[];
  readonly auth: LoadedElasticAuth | null;
  readonly tls: (Omit<LoadedTls, 'serverName'> & { readonly caFingerprint?: string }) | null;
  readonly intervalMs: number;
  readonly overlapMs: number;
  readonly lateForMs: number;
  readonly lateEveryMs: number;
  readonly sinceMs: number;
  readonly pageSize: number;
  readonly timeoutMs: number;
  readonly rememberIds: number;
}

export interface LoadedTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly serverName?: string;
}

export interface LoadedTarget {
  readonly url: string;
  readonly auth: LoadedAuth | null;
  readonly tls: LoadedTls | null;
}

export interface LoadedChannel {
  readonly kind: 'webhook' | 'slack';
  readonly url: Secret;
}

/** The optional language model. Prices in US dollars per million tokens. */
export interface LoadedModel {
  readonly url: string;
  readonly name: string;
  readonly key: Secret | null;
  readonly narrate: boolean;
  readonly investigate: boolean;
  readonly timeoutMs: number;
  readonly outputLimit: 'max_completion_tokens' | 'max_tokens';
  readonly maxInputBytes: number;
  readonly maxOutputTokens: number;
  readonly prices: { readonly input: number; readonly output: number };
  readonly budget: Record<'perIncident' | 'perDay', { readonly tokens: number; readonly usd: number }>;
}

export interface LoadedApiToken {
  readonly name: string;
  readonly role: 'viewer' | 'approver' | 'operator';
  readonly token: Secret;
}

interface RetentionCap {
  readonly maxAgeMs: number;
  readonly maxRows: number;
}

/** The configuration as the code uses it: lengths of time in ms, paths absolute, secrets resolved and unprintable. */
export interface LoadedConfig {
  readonly file: string;
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly tls: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile: string | null } | null;
  };
  readonly intake: {
    readonly auth: readonly LoadedIntakeAuth[];
    readonly maxBodyBytes: number;
    readonly maxAlertsPerBody: number;
    readonly maxLabelsPerAlert: number;
    readonly maxLabelBytes: number;
    readonly maxPendingCommits: number;
    readonly bodyTimeoutMs: number;
    readonly cacheGraceMs: number;
    readonly watchdog: { readonly alertname: string; readonly expectEveryMs: number; readonly graceMs: number } | null;
  };
  readonly api: { readonly tokens: readonly LoadedApiToken[] };
  readonly prometheus: LoadedTarget & {
    readonly headers: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
    readonly maxSeries: number;
    readonly queriesPerIncidentPerMinute: number;
  };
  readonly alertmanager: LoadedTarget | null;
  readonly kubernetes: { readonly kubeconfig: string | null; readonly context: string | null };
  readonly scope: { readonly namespaces: readonly string[]; readonly optInKey: string };
  readonly autonomy: ConfigFile['autonomy'];
  readonly policies: { readonly directories: readonly string[]; readonly builtin: boolean };
  readonly catalogue: ConfigFile['catalogue'];
  readonly model: LoadedModel | null;
  readonly notify: { readonly first: LoadedChannel | null; readonly second: LoadedChannel | null };
  readonly logs: { readonly intake: LoadedLogIntake | null; readonly elasticsearch: readonly LoadedLogTarget[] };
  readonly storm: { readonly sickSubjects: number; readonly withinMs: number; readonly quietForMs: number };
  readonly freeze: ConfigFile['freeze'];
  readonly store: { readonly path: string };
  readonly scan: {
    readonly enabled: boolean;
    /** Undefined: as often as it is scraped. */
    readonly intervalMs: number | undefined;
    /** Undefined: four scrapes. */
    readonly windowMs: number | undefined;
    readonly maxAnswerSeries: number;
    readonly maxSeries: number;
    readonly minRatePerS: number;
  };
  readonly retention: Readonly<Record<keyof ConfigFile['retention'], RetentionCap>>;
  readonly redaction: ConfigFile['redaction'];
  readonly detectors: ConfigFile['detectors'];
  readonly workflow: {
    readonly settleMs: number;
    readonly diagnosisPatienceMs: number;
    readonly diagnosisEveryMs: number;
    readonly recheckMs: number;
    readonly verifyEveryMs: number;
    readonly intentDeadlineMs: number;
    readonly wellForMs: number;
    readonly quietMs: number;
    readonly silenceMs: number;
    readonly recurrenceMs: number;
    readonly recurrenceEveryMs: number;
    readonly returnDeadlineMs: number;
    readonly returnHeldToldMs: number;
    readonly maxAttempts: number;
    readonly maxWorldMoves: number;
  };
  /** `config.yaml:12:5` of a key, for what is only checked later (the sections under `detectors`). */
  placeOf(path: readonly PropertyKey[]): string;
}

export type Report = (path: readonly PropertyKey[], message: string) => void;

/** What the schema alone cannot say: that secrets are there, and that keys agree with one another. Problems go to `report`. */
export function compileConfig(
  file: ConfigFile,
  source: ConfigSource,
  report: Report,
  placeOf: LoadedConfig['placeOf'],
): LoadedConfig {
  const secrets = secretReader(source, report);
  const path = (name: string): string => resolve(source.folder, name);
  const { listen, intake, workflow, retention } = file;
  const cap = (key: keyof ConfigFile['retention']): RetentionCap => ({
    maxAgeMs: retention[key].maxAge,
    maxRows: retention[key].maxRows,
  });
  const target = (
    key: 'prometheus' | 'alertmanager',
    given: NonNullable<ConfigFile['alertmanager']>,
  ): LoadedTarget => ({
    url: given.url,
    auth: given.auth === undefined ? null : clientAuth(given.auth, [key, 'auth'], secrets, report),
    tls: given.tls === undefined ? null : clientTls(given.tls, [key, 'tls'], path, report),
  });

  checkAgreement(file, report);
  for (const [index, { pattern }] of file.redaction.extraPatterns.entries()) {
    const problem = source.patternProblem(pattern);
    if (problem !== null) report(['redaction', 'extraPatterns', index, 'pattern'], problem);
  }
  return {
    file: source.file,
    listen: {
      host: listen.host,
      port: listen.port,
      tls:
        listen.tls === undefined
          ? null
          : {
              certFile: path(listen.tls.certFile),
              keyFile: path(listen.tls.keyFile),
              clientCaFile: listen.tls.clientCaFile === undefined ? null : path(listen.tls.clientCaFile),
            },
    },
    intake: {
      auth: intake.auth.flatMap((auth, index) => intakeAuth(auth, ['intake', 'auth', index], secrets, report) ?? []),
      maxBodyBytes: intake.maxBodyBytes,
      maxAlertsPerBody: intake.maxAlertsPerBody,
      maxLabelsPerAlert: intake.maxLabelsPerAlert,
      maxLabelBytes: intake.maxLabelBytes,
      maxPendingCommits: intake.maxPendingCommits,
      bodyTimeoutMs: intake.bodyTimeout,
      cacheGraceMs: intake.cacheGrace,
      watchdog:
        intake.watchdog === undefined
          ? null
          : {
              alertname: intake.watchdog.alertname,
              expectEveryMs: intake.watchdog.expectEvery,
              graceMs: Math.round(intake.watchdog.expectEvery * (intake.watchdog.graceFactor - 1)),
            },
    },
    api: {
      tokens: file.api.tokens.flatMap(({ name, role, ...from }, index) => {
        const token = secrets('token', from, ['api', 'tokens', index]);
        return token === null ? [] : [{ name, role, token }];
      }),
    },
    prometheus: {
      ...target('prometheus', file.prometheus),
      headers: file.prometheus.headers ?? {},
      timeoutMs: file.prometheus.timeout,
      maxSeries: file.prometheus.maxSeries,
      queriesPerIncidentPerMinute: file.prometheus.queriesPerIncidentPerMinute,
    },
    alertmanager: file.alertmanager === undefined ? null : target('alertmanager', file.alertmanager),
    kubernetes: {
      kubeconfig: file.kubernetes.kubeconfig === undefined ? null : path(file.kubernetes.kubeconfig),
      context: file.kubernetes.context ?? null,
    },
    scope: file.scope,
    autonomy: file.autonomy,
    policies: { directories: file.policies.directories.map(path), builtin: file.policies.builtin },
    catalogue: file.catalogue,
    model: file.model === undefined ? null : languageModel(file.model, secrets),
    notify: {
      first: channel(file.notify.first, ['notify', 'first'], secrets, report),
      second: channel(file.notify.second, ['notify', 'second'], secrets, report),
    },
    logs: compileLogs(file.logs, secrets, path, report),
    storm: { sickSubjects: file.storm.sickSubjects, withinMs: file.storm.within, quietForMs: file.storm.quietFor },
    freeze: file.freeze,
    store: { path: path(file.store.path) },
    scan: {
      enabled: file.scan.enabled,
      intervalMs: file.scan.interval,
      windowMs: file.scan.window,
      maxAnswerSeries: file.scan.maxAnswerSeries,
      maxSeries: file.scan.maxSeries,
      minRatePerS: file.scan.minRatePerS,
    },
    retention: {
      signals: cap('signals'),
      evidence: cap('evidence'),
      incidents: cap('incidents'),
      audit: cap('audit'),
      logs: cap('logs'),
    },
    redaction: file.redaction,
    detectors: file.detectors,
    workflow: {
      settleMs: workflow.settle,
      diagnosisPatienceMs: workflow.diagnosisPatience,
      diagnosisEveryMs: workflow.diagnosisEvery,
      recheckMs: workflow.recheck,
      verifyEveryMs: workflow.verifyEvery,
      intentDeadlineMs: workflow.intentDeadline,
      wellForMs: workflow.wellFor,
      quietMs: workflow.quiet,
      silenceMs: workflow.silence,
      recurrenceMs: workflow.recurrence,
      recurrenceEveryMs: workflow.recurrenceEvery,
      returnDeadlineMs: workflow.returnDeadline,
      returnHeldToldMs: workflow.returnHeldTold,
      maxAttempts: workflow.maxAttempts,
      maxWorldMoves: workflow.maxWorldMoves,
    },
    placeOf,
  };
}

function checkAgreement(file: ConfigFile, report: Report): void {
  const { listen, intake, api, scope, notify } = file;
  if (!isLoopback(listen.host)) {
    const where = `found ${JSON.stringify(listen.host)}, which others can reach`;
    if (intake.auth.length === 0) {
      report(
        ['listen', 'host'],
        `${where}; write how senders of alerts prove themselves under intake.auth, or listen on 127.0.0.1`,
      );
    }
    if (api.tokens.length === 0) {
      report(['listen', 'host'], `${where}; name at least one token under api.tokens, or listen on 127.0.0.1`);
    }
  }
  for (const [index, auth] of intake.auth.entries()) {
    if (auth.mtls === true && listen.tls?.clientCaFile === undefined) {
      report(['intake', 'auth', index, 'mtls'], 'needs listen.tls.clientCaFile, the authority that signs the clients');
    }
  }
  if (scope.namespaces.includes('*') && scope.namespaces.length > 1) {
    report(['scope', 'namespaces'], "found '*' beside names; write either '*' alone, or the names");
  }
  reportTwins(
    api.tokens.map(({ name }) => name),
    ['api', 'tokens'],
    report,
  );
  reportTwins(
    file.catalogue.databases.map(({ name }) => name),
    ['catalogue', 'databases'],
    report,
  );
  if (notify.second !== undefined && notify.first === undefined) {
    report(['notify', 'second'], 'a second channel without a first; name it under notify.first');
  }
}

function reportTwins(names: readonly string[], path: readonly PropertyKey[], report: Report): void {
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index)
      report([...path, index, 'name'], `found ${JSON.stringify(name)} twice; every name must be its own`);
  }
}

function languageModel(given: NonNullable<ConfigFile['model']>, secrets: Secrets): LoadedModel {
  const { keyEnv, keyFile, timeout, ...rest } = given;
  const key = keyEnv === undefined && keyFile === undefined ? null : secrets('key', given, ['model']);
  return { ...rest, key, timeoutMs: timeout };
}

function channel(
  given: ConfigFile['notify']['first'],
  path: readonly PropertyKey[],
  secrets: Secrets,
  report: Report,
): LoadedChannel | null {
  if (given === undefined) return null;
  const url = secrets('url', given, path);
  if (url === null) return null;
  if (URL.canParse(url.reveal()) && /^https?:$/.test(new URL(url.reveal()).protocol)) return { kind: given.kind, url };
  report(path, 'the secret that is named here is not an http:// or https:// address');
  return null;
}

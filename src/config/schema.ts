import { z } from 'zod';
import { Mode } from '../domain/mode.ts';
import { DurationMs } from '../domain/policy.ts';

/*
 * The configuration file as people write it. Strict throughout: an unknown key is an error. Secrets are named (`xxxEnv`, `xxxFile`), never
 * written down. Every section with defaults may be left out.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const Text = z.string().min(1, 'text that is not empty');
const EnvName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'the name of an environment variable, such as HALE_TOKEN');
const Path = z.string().min(1, 'the path of a file').max(4_096);
const HttpUrl = z.string().refine(isPlainHttpUrl, 'an http:// or https:// address without user, password, query or #');
/** DNS label of Kubernetes, RFC 1123. */
const Namespace = z.string().regex(/^(?:[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)$/, 'the name of a Kubernetes namespace');
/** `shop/orders`, as an object. */
const WorkloadRef = z
  .string()
  .regex(/^[a-z0-9.-]+\/[a-z0-9.-]+$/, 'namespace/name of a workload, like shop/orders')
  .transform((text) => ({ namespace: text.slice(0, text.indexOf('/')), name: text.slice(text.indexOf('/') + 1) }));
const Count = (most: number) => z.number().int().min(1).max(most);

function isPlainHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === '';
}

const PasswordSource = { passwordEnv: EnvName.optional(), passwordFile: Path.optional() };
export const BasicAuth = z.strictObject({ username: Text, ...PasswordSource });

const BEARER = { bearerEnv: EnvName.optional(), bearerFile: Path.optional(), basic: BasicAuth.optional() };
export const ClientAuth = z.strictObject(BEARER);
export const IntakeAuth = z.strictObject({ ...BEARER, mtls: z.literal(true).optional() });

const ClientTls = z.strictObject({
  caFile: Path.optional(),
  certFile: Path.optional(),
  keyFile: Path.optional(),
  serverName: Text.optional(),
});

/** `id:key`, as Filebeat and Logstash write it, or the encoded form that Elasticsearch gives out. */
const ApiKey = { apiKeyEnv: EnvName.optional(), apiKeyFile: Path.optional() };
export const LogIntakeAuth = z.strictObject({ ...BEARER, ...ApiKey, mtls: z.literal(true).optional() });
export const ElasticsearchAuth = z.strictObject({ ...BEARER, ...ApiKey });

const LogIntake = z.strictObject({
  host: Text.default('127.0.0.1'),
  port: z.number().int().min(0).max(65_535).default(9_200),
  tls: z.strictObject({ certFile: Path, keyFile: Path, clientCaFile: Path.optional() }).optional(),
  auth: z.array(LogIntakeAuth).max(16).default([]),
  /** What is reported to shippers; Beats want it no older than themselves. */
  version: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/, 'a version like 8.19.2')
    .default('8.19.2'),
  /** Of one body, packed or not. */
  maxBodyBytes: Count(512 * 1024 * 1024).default(32 * 1024 * 1024),
  /** Longest document, in characters; a longer one is refused alone. */
  maxDocumentChars: Count(128 * 1024 * 1024).default(16 * 1024 * 1024),
  /** Of all bodies in memory at once; beyond it shippers are told to wait. */
  maxPendingBytes: Count(1024 * 1024 * 1024).default(64 * 1024 * 1024),
  bodyTimeout: DurationMs.default(MINUTE_MS),
  /** How long, and how many, ids of documents are remembered to know one that comes again. */
  rememberFor: DurationMs.default(15 * MINUTE_MS),
  rememberIds: Count(10_000_000).default(1_000_000),
});

const ElasticsearchTarget = z.strictObject({
  name: z.string().regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, 'a name of small letters, digits and -'),
  url: HttpUrl,
  /** Indices, data streams, aliases or patterns of them. */
  indices: z
    .array(
      z
        .string()
        .regex(/^-?[^\s,"\\<>|?/#A-Z]{1,255}$/, 'the name of an index or data stream, or a pattern like logs-*'),
    )
    .min(1, 'at least one index, data stream or pattern')
    .max(100),
  auth: ElasticsearchAuth.optional(),
  tls: z
    .strictObject({
      caFile: Path.optional(),
      certFile: Path.optional(),
      keyFile: Path.optional(),
      /** SHA-256 of the certificate of the authority, in hexadecimal. */
      caFingerprint: z
        .string()
        .regex(/^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/, 'a SHA-256 fingerprint in hexadecimal')
        .optional(),
    })
    .optional(),
  /** How often it is asked for what is new. */
  interval: DurationMs.default(5_000),
  /** What is asked for again each time: longer than its refresh interval. */
  overlap: DurationMs.default(30_000),
  /** And once in a while: how late a document may come. */
  lateFor: DurationMs.default(5 * MINUTE_MS),
  lateEvery: DurationMs.default(MINUTE_MS),
  /** Where reading begins the first time: so long ago. */
  since: DurationMs.default(5 * MINUTE_MS),
  pageSize: Count(10_000).default(2_000),
  timeout: DurationMs.default(30_000),
  rememberIds: Count(10_000_000).default(1_000_000),
});

/** Headers that carry credentials: those belong under `auth`. */
const CREDENTIAL_HEADER = /^(?:authorization|proxy-authorization|cookie|x-api-key|x-auth-token)$/i;
const HeaderName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, 'the name of an HTTP header')
  .refine((name) => !CREDENTIAL_HEADER.test(name), 'a header without credentials; those are named under auth');

const Channel = z.strictObject({
  kind: z.enum(['webhook', 'slack']),
  urlEnv: EnvName.optional(),
  urlFile: Path.optional(),
});

const Cap = (maxAgeMs: number, maxRows: number) =>
  z.strictObject({ maxAge: DurationMs.default(maxAgeMs), maxRows: Count(100_000_000).default(maxRows) }).prefault({});

const Dollars = z.number().min(0).max(100_000);
const ModelLimit = (tokens: number, usd: number) =>
  z.strictObject({ tokens: z.number().int().min(0).max(1e12).default(tokens), usd: Dollars.default(usd) }).prefault({});

const MatcherName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'the name of a Prometheus label');

export const ConfigFile = z.strictObject({
  apiVersion: z.literal('hale/v1'),
  kind: z.literal('Config'),
  listen: z
    .strictObject({
      host: Text.default('127.0.0.1'),
      port: z.number().int().min(0).max(65_535).default(8_090),
      tls: z.strictObject({ certFile: Path, keyFile: Path, clientCaFile: Path.optional() }).optional(),
    })
    .prefault({}),
  intake: z
    .strictObject({
      auth: z.array(IntakeAuth).max(16).default([]),
      maxBodyBytes: Count(256 * 1024 * 1024).default(4 * 1024 * 1024),
      maxAlertsPerBody: Count(100_000).default(2_000),
      maxLabelsPerAlert: Count(1_000).default(128),
      /** Longest name or value of a label or annotation. */
      maxLabelBytes: Count(1024 * 1024).default(8 * 1024),
      maxPendingCommits: Count(100_000).default(256),
      bodyTimeout: DurationMs.default(10_000),
      /** How long after the start alerts are put off while the cluster is not known yet. */
      cacheGrace: DurationMs.default(MINUTE_MS),
      watchdog: z
        .strictObject({
          alertname: Text.default('Watchdog'),
          expectEvery: DurationMs.default(5 * MINUTE_MS),
          /** Missed when this many intervals have passed without it. */
          graceFactor: z.number().min(1.1).max(100).default(2),
        })
        .optional(),
    })
    .prefault({}),
  api: z
    .strictObject({
      tokens: z
        .array(
          z.strictObject({
            name: z.string().regex(/^[A-Za-z0-9][\w.@-]{0,62}$/, 'a name of letters, digits and . _ @ -'),
            role: z.enum(['viewer', 'approver', 'operator']),
            tokenEnv: EnvName.optional(),
            tokenFile: Path.optional(),
          }),
        )
        .max(256)
        .default([]),
    })
    .prefault({}),
  prometheus: z.strictObject({
    url: HttpUrl,
    auth: ClientAuth.optional(),
    tls: ClientTls.optional(),
    headers: z.record(HeaderName, Text).optional(),
    timeout: DurationMs.default(10_000),
    maxSeries: Count(100_000).default(1_000),
    queriesPerIncidentPerMinute: Count(10_000).default(240),
  }),
  alertmanager: z.strictObject({ url: HttpUrl, auth: ClientAuth.optional(), tls: ClientTls.optional() }).optional(),
  kubernetes: z.strictObject({ kubeconfig: Path.optional(), context: Text.optional() }).prefault({}),
  scope: z.strictObject({
    namespaces: z
      .array(
        z.union([z.literal('*'), Namespace], { error: "the name of a Kubernetes namespace, or '*' alone to mean all" }),
      )
      .min(1, "at least one namespace; '*' must be written out to mean all"),
    optInKey: z
      .string()
      .regex(/^(?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/, 'the key of an annotation or label')
      .default('hale.dev/enabled'),
  }),
  autonomy: z
    .strictObject({
      default: Mode.default('observe'),
      namespaces: z.record(Namespace, Mode).default({}),
      policies: z.record(Text, Mode).default({}),
    })
    .prefault({}),
  policies: z.strictObject({ directories: z.array(Path).default([]), builtin: z.boolean().default(true) }).prefault({}),
  catalogue: z
    .strictObject({
      databases: z
        .array(
          z.strictObject({
            name: Text,
            matchers: z
              .record(MatcherName, Text)
              .refine(
                (matchers) => Object.keys(matchers).length > 0,
                'at least one label; an empty selector means everything',
              ),
            /** Workloads that connect to it, as `namespace/name`; `namespace/*` = all of the namespace. */
            usedBy: z
              .array(
                z.string().regex(/^[a-z0-9.-]+\/(?:[a-z0-9.-]+|\*)$/, 'namespace/name of a workload, like shop/orders'),
              )
              .min(1)
              .optional(),
          }),
        )
        .default([]),
      /** Calls that no metric tells of: `from` waits for `to`. */
      calls: z.array(z.strictObject({ from: WorkloadRef, to: WorkloadRef })).default([]),
    })
    .prefault({}),
  /** Optional: without it nothing is missing. Any server that speaks OpenAI's Chat Completions. */
  model: z
    .strictObject({
      /** With its version: `https://host/v1`. */
      url: HttpUrl,
      name: Text,
      /** None of both: the server asks for no key. */
      keyEnv: EnvName.optional(),
      keyFile: Path.optional(),
      narrate: z.boolean().default(true),
      investigate: z.boolean().default(false),
      timeout: DurationMs.default(30_000),
      outputLimit: z.enum(['max_completion_tokens', 'max_tokens']).default('max_completion_tokens'),
      maxInputBytes: z.number().int().min(8_000).max(1_000_000).default(32_000),
      maxOutputTokens: z.number().int().min(200).max(32_000).default(1_500),
      /** US dollars per million tokens; 0 for a server of one's own. */
      prices: z.strictObject({ input: Dollars, output: Dollars }),
      budget: z
        .strictObject({
          perIncident: ModelLimit(250_000, 0.25),
          perDay: ModelLimit(2_000_000, 2),
        })
        .prefault({}),
    })
    .optional(),
  notify: z.strictObject({ first: Channel.optional(), second: Channel.optional() }).prefault({}),
  /** The proactive scan: trouble found without any alert rule. */
  scan: z
    .strictObject({
      enabled: z.boolean().default(true),
      /** Between two scans; as often as requests are scraped when it is not given. */
      interval: DurationMs.optional(),
      /** Over which rates are taken, at least two scrapes; four scrapes of each metric when it is not given. */
      window: DurationMs.optional(),
      /** Most series of one answer: larger ones are asked for by namespaces. */
      maxAnswerSeries: Count(1_000_000).default(20_000),
      /** Most series that are followed, about eleven for each workload; each takes up to 4 kB of memory. */
      maxSeries: Count(1_000_000).default(40_000),
      /** Below so many requests per second, failures and durations are not judged. */
      minRatePerS: z.number().positive().default(0.5),
    })
    .prefault({}),
  /** Log events: taken from shippers, and read from Elasticsearch. */
  logs: z
    .strictObject({
      intake: LogIntake.optional(),
      elasticsearch: z.array(ElasticsearchTarget).max(32).default([]),
    })
    .prefault({}),
  storm: z
    .strictObject({
      sickSubjects: Count(10_000).default(5),
      within: DurationMs.default(5 * MINUTE_MS),
      quietFor: DurationMs.default(10 * MINUTE_MS),
    })
    .prefault({}),
  freeze: z
    .strictObject({ namespace: Namespace.default('hale'), configMap: Namespace.default('hale-freeze') })
    .prefault({}),
  store: z.strictObject({ path: Path.default('./.hale/store.db') }).prefault({}),
  retention: z
    .strictObject({
      signals: Cap(30 * DAY_MS, 1_000_000),
      evidence: Cap(30 * DAY_MS, 200_000),
      incidents: Cap(180 * DAY_MS, 50_000),
      audit: Cap(365 * DAY_MS, 1_000_000),
      /** Counts of log events, one row for each minute, source, pattern and set of labels. */
      logs: Cap(7 * DAY_MS, 2_000_000),
    })
    .prefault({}),
  redaction: z
    .strictObject({
      extraPatterns: z
        .array(z.strictObject({ name: Text, pattern: Text }))
        .max(64)
        .default([]),
      keepEmails: z.boolean().default(false),
      keepNetworkAddresses: z.boolean().default(false),
    })
    .prefault({}),
  /** By detector id; each detector's own schema is applied where the detectors are known. */
  detectors: z.record(Text, z.record(z.string(), z.unknown())).default({}),
  workflow: z
    .strictObject({
      settle: DurationMs.default(10_000),
      diagnosisPatience: DurationMs.default(90_000),
      diagnosisEvery: DurationMs.default(10_000),
      recheck: DurationMs.default(15_000),
      verifyEvery: DurationMs.default(5_000),
      intentDeadline: DurationMs.default(30_000),
      wellFor: DurationMs.default(MINUTE_MS),
      quiet: DurationMs.default(MINUTE_MS),
      silence: DurationMs.default(DAY_MS),
      recurrence: DurationMs.default(30 * MINUTE_MS),
      recurrenceEvery: DurationMs.default(30_000),
      returnDeadline: DurationMs.default(DAY_MS),
      returnHeldTold: DurationMs.default(15 * MINUTE_MS),
      maxAttempts: Count(100).default(5),
      maxWorldMoves: Count(100).default(3),
    })
    .prefault({}),
});
export type ConfigFile = z.infer<typeof ConfigFile>;

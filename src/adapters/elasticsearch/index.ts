import { readFileSync } from 'node:fs';
import { Client, type estypes } from '@elastic/elasticsearch';
import { HaleError } from '../../domain/errors.ts';
import type { LogPage, LogSource, LogView, PageRequest } from '../../ports/log-source.ts';
import { authorityByFingerprint } from './authority.ts';
import { translate } from './errors.ts';

export interface ElasticsearchOptions {
  readonly url: string;
  readonly indices: readonly string[];
  readonly auth?:
    | { readonly apiKey: () => string }
    | { readonly bearer: () => string }
    | { readonly username: string; readonly password: () => string };
  readonly tls?: {
    readonly caFile?: string;
    readonly certFile?: string;
    readonly keyFile?: string;
    readonly caFingerprint?: string;
  };
  readonly timeoutMs: number;
}

/** Longer than it takes to count one page, on a busy machine too; each page renews it. */
const KEEP_ALIVE = '2m';
const FIELD = { ingested: 'event.ingested', event: '@timestamp' } as const;

/** Reads documents by their time from an Elasticsearch 8 or 9. */
export function createElasticsearch(options: ElasticsearchOptions): LogSource {
  const { url, indices, timeoutMs } = options;
  const fingerprint = options.tls?.caFile === undefined ? options.tls?.caFingerprint : undefined;
  let connected: Client | null = null;

  async function clientNow(): Promise<Client> {
    if (connected !== null) return connected;
    const ca = fingerprint === undefined ? null : await authorityByFingerprint(url, fingerprint, timeoutMs);
    connected ??= clientOf(options, ca);
    return connected;
  }

  async function asked<T>(doing: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw translate(error, doing, url);
    }
  }

  function assertWhole({ _shards: { failed, total }, timed_out: timedOut }: Answer, doing: string): void {
    if (failed === 0 && !timedOut) return;
    const what = timedOut ? 'it ran out of time' : `${failed} of ${total} shards failed`;
    throw new HaleError('logs-unavailable', `${url}: ${doing}: ${what}; a part of an answer is none`);
  }

  async function openView(): Promise<LogView> {
    const client = await asked('connect', clientNow);
    const opened = await asked('open a point in time', () =>
      client.openPointInTime({ index: indices.join(','), keep_alive: KEEP_ALIVE, ignore_unavailable: true }),
    );
    let pit = opened.id;
    return {
      page: (request) =>
        asked('read a page', async () => {
          const answer = await client.search(searchOf(request, pit, timeoutMs));
          // Always the newest: the server may move a view.
          pit = answer.pit_id ?? pit;
          assertWhole(answer, 'read a page');
          return pageOf(answer.hits.hits, request);
        }),
      count: (which) =>
        asked('count documents', async () => {
          const answer = await client.search({
            pit: { id: pit, keep_alive: KEEP_ALIVE },
            size: 0,
            track_total_hits: true,
            timeout: `${timeoutMs}ms`,
            query: which.time === 'none' ? WITHOUT_TIME : queryOf(which),
          });
          pit = answer.pit_id ?? pit;
          assertWhole(answer, 'count documents');
          const { total } = answer.hits;
          return typeof total === 'number' ? total : (total?.value ?? 0);
        }),
      async close() {
        // It ends by itself soon: failing to end it earlier is nobody's trouble.
        await client.closePointInTime({ id: pit }).catch(() => undefined);
      },
    };
  }

  return {
    open: openView,
    async check() {
      const view = await openView();
      try {
        const now = Date.now();
        const { documents } = await view.page({ time: 'event', from: 0, to: now, size: 1, after: null });
        const found = documents.length === 0 ? 'no documents yet' : 'documents can be read';
        const untimed = await view.count({ time: 'none' });
        const unread = untimed === 0 ? '' : `; ${untimed} have neither @timestamp nor event.ingested, and are not read`;
        return `${url}: ${indices.join(', ')}: ${found}${unread}`;
      } finally {
        await view.close();
      }
    },
    async close() {
      await connected?.close();
    },
  };
}

function clientOf(options: ElasticsearchOptions, ca: string | null): Client {
  return new Client({
    node: options.url,
    requestTimeout: options.timeoutMs,
    maxRetries: 1,
    ...authOf(options),
    ...tlsOf(options, ca),
    // A document with a key like __proto__ must not make its whole page unreadable: nothing here ever copies keys of documents.
    disablePrototypePoisoningProtection: true,
  });
}

type Answer = Pick<estypes.SearchResponse, '_shards' | 'timed_out'>;

const WITHOUT_TIME = { bool: { must_not: Object.values(FIELD).map((field) => ({ exists: { field } })) } };

function queryOf({ time, from, to }: Pick<PageRequest, 'time' | 'from' | 'to'>) {
  const range = { range: { [FIELD[time]]: { gte: from, lte: to, format: 'epoch_millis' } } };
  return {
    bool: {
      filter: [range],
      ...(time === 'event' ? { must_not: [{ exists: { field: FIELD.ingested } }] } : {}),
    },
  };
}

function searchOf({ time, from, to, size, after }: PageRequest, pit: string, timeoutMs: number) {
  const field = FIELD[time];
  return {
    pit: { id: pit, keep_alive: KEEP_ALIVE },
    size,
    track_total_hits: false,
    timeout: `${timeoutMs}ms`,
    query: queryOf({ time, from, to }),
    // In milliseconds whether an index keeps milliseconds or nanoseconds; what is of the same one is told apart by its place.
    sort: [
      { [field]: { order: 'asc' as const, numeric_type: 'date' as const, unmapped_type: 'date' as const } },
      { _shard_doc: { order: 'asc' as const } },
    ],
    ...(after === null ? {} : { search_after: [...after] as (string | number)[] }),
  };
}

interface Hit {
  readonly _index: string;
  readonly _id?: string | undefined;
  readonly _source?: unknown;
  readonly sort?: readonly unknown[] | undefined;
}

function pageOf(hits: readonly Hit[], { size }: PageRequest): LogPage {
  const documents = hits.map((hit) => ({
    index: hit._index,
    id: hit._id ?? '',
    at: Number(hit.sort?.[0] ?? Number.NaN),
    source: hit._source,
  }));
  return { documents, next: hits.length < size ? null : (hits.at(-1)?.sort ?? null) };
}

function authOf({ auth }: ElasticsearchOptions) {
  if (auth === undefined) return {};
  if ('bearer' in auth) return { auth: { bearer: auth.bearer() } };
  if ('username' in auth) return { auth: { username: auth.username, password: auth.password() } };
  const key = auth.apiKey();
  return { auth: { apiKey: key.includes(':') ? Buffer.from(key).toString('base64') : key } };
}

/** `ca` is what a fingerprint alone stands for. */
function tlsOf({ tls }: ElasticsearchOptions, ca: string | null) {
  if (tls === undefined) return {};
  try {
    return {
      ...(tls.caFingerprint === undefined || ca !== null ? {} : { caFingerprint: tls.caFingerprint }),
      tls: {
        ...(ca === null ? {} : { ca }),
        ...(tls.caFile === undefined ? {} : { ca: readFileSync(tls.caFile, 'utf8') }),
        ...(tls.certFile === undefined ? {} : { cert: readFileSync(tls.certFile, 'utf8') }),
        ...(tls.keyFile === undefined ? {} : { key: readFileSync(tls.keyFile, 'utf8') }),
      },
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HaleError('config-invalid', `logs.elasticsearch: tls: ${why}; name files that Hale may read`, {
      cause: error,
    });
  }
}

import { HaleError } from '../domain/errors.ts';
import { DurationMs } from '../domain/policy.ts';
import type { LogSource } from '../ports/log-source.ts';

export const API_KEY_ENV = 'HALE_ELASTICSEARCH_API_KEY';
const USUAL_SINCE = '1h';
const PAGE_SIZE = 2_000;
const TIMEOUT_MS = 30_000;
const WHAT_TO_WRITE = 'write it as https://HOST:9200/INDEX?since=1h';

interface Asked {
  readonly url: string;
  readonly index: string;
  readonly sinceMs: number;
  readonly caFingerprint: string | null;
}

export interface ElasticsearchLinesOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Unix ms. */
  readonly now: number;
}

export function isElasticsearch(input: string): boolean {
  return /^https?:\/\//i.test(input);
}

/**
 * Documents of an Elasticsearch, each as one line of JSON, oldest first, those that tell when they were taken in before the others. Errors:
 * usage-invalid; those of a log source.
 */
export async function* elasticsearchLines(
  input: string,
  { env, now }: ElasticsearchLinesOptions,
): AsyncGenerator<readonly string[]> {
  const asked = askedIn(input);
  const source = await sourceOf(asked, env[API_KEY_ENV]);
  try {
    const view = await source.open();
    try {
      for (const time of ['ingested', 'event'] as const) {
        const range = { time, from: now - asked.sinceMs, to: now, size: PAGE_SIZE };
        let page = await view.page({ ...range, after: null });
        for (;;) {
          if (page.documents.length > 0) yield page.documents.map(({ source: document }) => JSON.stringify(document));
          if (page.next === null) break;
          page = await view.page({ ...range, after: page.next });
        }
      }
    } finally {
      await view.close();
    }
  } finally {
    await source.close();
  }
}

async function sourceOf({ url, index, caFingerprint }: Asked, apiKey: string | undefined): Promise<LogSource> {
  const { createElasticsearch } = await import('../adapters/elasticsearch/index.ts');
  return createElasticsearch({
    url,
    indices: [index],
    timeoutMs: TIMEOUT_MS,
    ...(apiKey === undefined ? {} : { auth: { apiKey: () => apiKey } }),
    ...(caFingerprint === null ? {} : { tls: { caFingerprint } }),
  });
}

function askedIn(input: string): Asked {
  if (!URL.canParse(input)) throw invalid(input, 'is no address');
  const address = new URL(input);
  if (address.username !== '' || address.password !== '')
    throw new HaleError(
      'usage-invalid',
      `--input: credentials in an address are seen by others; put a key into ${API_KEY_ENV}`,
    );
  const index = decodeURIComponent(address.pathname.replaceAll('/', ''));
  if (index === '') throw invalid(input, 'names no index');
  for (const key of address.searchParams.keys())
    if (key !== 'since' && key !== 'caFingerprint')
      throw invalid(input, `has ${key}, where since and caFingerprint are known`);
  const since = DurationMs.safeParse(address.searchParams.get('since') ?? USUAL_SINCE);
  if (!since.success) throw invalid(input, 'has a since that is no duration like 30m, 2h or 1d');
  return { url: address.origin, index, sinceMs: since.data, caFingerprint: address.searchParams.get('caFingerprint') };
}

function invalid(input: string, why: string): HaleError {
  return new HaleError('usage-invalid', `--input ${input} ${why}; ${WHAT_TO_WRITE}`);
}

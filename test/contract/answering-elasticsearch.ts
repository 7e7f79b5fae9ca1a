import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of one request, instead of its answer; the words are those that Elasticsearch documents. */
export type Trouble =
  | { readonly status: number; readonly type: string; readonly headers?: Readonly<Record<string, string>> }
  /** The connection ends in the middle of the answer. */
  | 'cut'
  | 'no-answer'
  | 'shard-failed'
  | 'timed-out'
  | 'not-json';

export interface AnsweringElasticsearch {
  readonly url: string;
  readonly documents: object[];
  /** The next so many searches, after `after` good ones, meet this. */
  meet(trouble: Trouble, times?: number, after?: number): void;
  /** What is left of the trouble is over. */
  recover(): void;
  /** The view of before is gone, as after its time or with its index. */
  expireViews(): void;
  /** Views that were opened and not closed. */
  openViews(): number;
  close(): Promise<void>;
}

interface Search {
  readonly pit: { readonly id: string };
  readonly size: number;
  readonly query: {
    readonly bool: { readonly filter?: readonly { range: Record<string, { gte: number; lte: number }> }[] };
  };
  readonly search_after?: readonly [number, number];
}

/**
 * Speaks as much of Elasticsearch as the tail asks for, over documents in memory, and can be made to fail in ways that a real one on a healthy
 * machine cannot.
 */
export async function startAnsweringElasticsearch(): Promise<AnsweringElasticsearch> {
  const documents: object[] = [];
  const views = new Map<string, readonly object[]>();
  let planned: { trouble: Trouble; times: number; after: number } | null = null;
  let opened = 0;

  const server = createServer((request, response) => {
    void serve(request, response);
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    response.setHeader('x-elastic-product', 'Elasticsearch');
    response.setHeader('content-type', 'application/json');
    answer(`${request.method} ${(request.url ?? '').split('?')[0]}`, body, response);
  }

  function answer(what: string, body: string, response: ServerResponse): void {
    if (what.startsWith('POST /') && what.endsWith('/_pit')) {
      const id = `view-${(opened += 1)}`;
      views.set(id, [...documents]);
      return tell(response, 200, { id, _shards: { total: 2, successful: 2, skipped: 0, failed: 0 } });
    }
    if (what === 'DELETE /_pit') {
      views.delete((JSON.parse(body) as { id: string }).id);
      return tell(response, 200, { succeeded: true, num_freed: 1 });
    }
    if (what === 'POST /_search') return search(JSON.parse(body) as Search, response);
    return failure(response, 404, 'index_not_found_exception');
  }

  function search(asked: Search, response: ServerResponse): void {
    const trouble = nextTrouble();
    const hits = hitsOf(asked);
    if (hits === null) return failure(response, 404, 'search_context_missing_exception');
    const whole = {
      took: 1,
      timed_out: trouble === 'timed-out',
      pit_id: asked.pit.id,
      _shards: {
        total: 2,
        successful: trouble === 'shard-failed' ? 1 : 2,
        skipped: 0,
        failed: trouble === 'shard-failed' ? 1 : 0,
      },
      hits: { max_score: null, total: { value: hits.length, relation: 'eq' }, hits: hits.slice(0, asked.size) },
    };
    if (trouble === null || trouble === 'timed-out') return tell(response, 200, whole);
    if (trouble === 'shard-failed')
      return tell(response, 200, { ...whole, hits: { ...whole.hits, hits: hits.slice(0, 1) } });
    if (trouble === 'no-answer') return;
    if (trouble === 'not-json') return void response.end('<html>a proxy on the way</html>');
    if (trouble === 'cut') {
      const text = JSON.stringify(whole);
      response.setHeader('content-length', text.length);
      response.write(text.slice(0, text.length / 2), () => response.destroy());
      return;
    }
    for (const [name, value] of Object.entries(trouble.headers ?? {})) response.setHeader(name, value);
    return failure(response, trouble.status, trouble.type);
  }

  function nextTrouble(): Trouble | null {
    if (planned === null) return null;
    if (planned.after > 0) {
      planned.after -= 1;
      return null;
    }
    const { trouble } = planned;
    planned.times -= 1;
    if (planned.times === 0) planned = null;
    return trouble;
  }

  /** Null where the view is gone. Documents with the one time that is asked for, in its order. */
  function hitsOf({ pit, query, search_after: after }: Search): readonly object[] | null {
    const view = views.get(pit.id);
    if (view === undefined) return null;
    const [filter] = query.bool.filter ?? [];
    if (filter === undefined) return view.filter((document) => timeOf(document, '@timestamp') === null);
    const [field = '', { gte, lte } = { gte: 0, lte: 0 }] = Object.entries(filter.range)[0] ?? [];
    return view
      .flatMap((source, place) => {
        const at = timeOf(source, field);
        return at !== null && at >= gte && at <= lte
          ? [{ _index: 'logs', _id: `id-${place}`, _source: source, sort: [at, place] }]
          : [];
      })
      .filter(
        ({ sort: [at = 0, place = 0] }) =>
          after === undefined || at > after[0] || (at === after[0] && place > after[1]),
      )
      .toSorted((a, b) => (a.sort[0] ?? 0) - (b.sort[0] ?? 0) || (a.sort[1] ?? 0) - (b.sort[1] ?? 0));
  }

  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    documents,
    meet(trouble, times = 1, after = 0) {
      planned = { trouble, times, after };
    },
    recover() {
      planned = null;
    },
    expireViews: () => views.clear(),
    openViews: () => views.size,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function timeOf(document: object, field: string): number | null {
  const value = (document as Record<string, unknown>)[field];
  return typeof value === 'string' ? Date.parse(value) : null;
}

function failure(response: ServerResponse, status: number, type: string): void {
  const cause = { type, reason: `told by a test` };
  tell(response, status, { error: { root_cause: [cause], ...cause }, status });
}

function tell(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

import { errors } from '@elastic/elasticsearch';
import { HaleError, isHaleError } from '../../domain/errors.ts';

/** A view that is gone: expired, or one of its indices was deleted. */
const GONE = new Set([
  'search_context_missing_exception',
  'index_not_found_exception',
  'no_shard_available_action_exception',
]);
const LEAST_PRIVILEGES = "the indices privileges 'read' and 'view_index_metadata' on them are enough";

/** What the client throws, in the words of the port. */
export function translate(error: unknown, doing: string, shown: string): HaleError {
  if (isHaleError(error)) return error;
  const where = `${shown}: ${doing}`;
  if (!(error instanceof errors.ResponseError)) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    return new HaleError('logs-unavailable', `${where}: ${why}`, { cause: error });
  }
  const status = error.statusCode ?? 0;
  const types = typesOf(error.meta.body);
  const told = `${where}: ${status} ${[...types].join(', ')}`;
  if (status === 401)
    return new HaleError('logs-forbidden', `${told}; check the credential under auth`, { cause: error });
  if (status === 403) return new HaleError('logs-forbidden', `${told}; ${LEAST_PRIVILEGES}`, { cause: error });
  if (status === 404 || status === 410 || [...types].some((type) => GONE.has(type))) {
    return new HaleError('logs-view-expired', told, { cause: error });
  }
  if (status === 429 || status === 408 || status >= 500)
    return new HaleError('logs-unavailable', told, { cause: error });
  return new HaleError('logs-rejected', told, { cause: error });
}

/** The types of all its causes: fixed words of Elasticsearch, where the reasons quote what was asked. */
function typesOf(body: unknown): Set<string> {
  const types = new Set<string>();
  const failure = (body as { error?: { type?: unknown; root_cause?: unknown; failed_shards?: unknown } } | null)?.error;
  if (typeof failure?.type === 'string') types.add(failure.type);
  for (const list of [failure?.root_cause, failure?.failed_shards]) {
    if (!Array.isArray(list)) continue;
    for (const item of list as { type?: unknown; reason?: { type?: unknown } }[]) {
      if (typeof item.type === 'string') types.add(item.type);
      if (typeof item.reason?.type === 'string') types.add(item.reason.type);
    }
  }
  return types;
}

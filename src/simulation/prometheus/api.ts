import type { Request } from '../loopback-server.ts';
import { PromqlError } from '../promql/error.ts';
import { evaluateInstant, evaluateRange } from '../promql/evaluate.ts';
import { formatExponent } from '../promql/literals.ts';
import { parsePromql } from '../promql/parse.ts';
import type { Matcher } from '../tsdb/labels.ts';
import type { SampleStore, Series } from '../tsdb/store.ts';
import { encodeMatrix, encodeValue, invalid, parseStepMs, parseTimeMs } from './http-values.ts';
import type { ActiveAlert, LoadedGroup, LoadedRule } from './rules.ts';

export interface Metadata {
  type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown';
  help: string;
  unit: string;
}

export interface Target {
  labels: Readonly<Record<string, string>>;
  scrapePool: string;
  scrapeUrl: string;
  lastScrapeMs: number;
  health: 'up' | 'down' | 'unknown';
  lastError: string;
  scrapeIntervalMs: number;
}

export interface ApiState {
  store: SampleStore;
  groups: readonly LoadedGroup[];
  startedMs: number;
  nowMs: number;
  /** Answer only every other series, with a warning. */
  partial: boolean;
  targets: () => readonly Target[];
  metadata: ReadonlyMap<string, Metadata>;
}

export interface ApiAnswer {
  status: number;
  body: unknown;
}

interface Answered {
  data: unknown;
  warnings?: readonly string[];
}

const MAX_POINTS = 11_000;
const VERSION = '3.14.0';

/** Undefined when there is no such endpoint. */
export function answerApi(request: Request, state: ApiState): ApiAnswer | undefined {
  const route = findRoute(request.path);
  if (route === undefined) return undefined;
  if (!route.methods.includes(request.method)) {
    return { status: 405, body: { status: 'error', errorType: 'bad_data', error: 'method not allowed' } };
  }
  const isForm = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  const params = new URLSearchParams(request.query);
  if (request.method === 'POST' && isForm)
    for (const [name, value] of new URLSearchParams(request.body)) params.append(name, value);
  try {
    const { data, warnings = [] } = route.answer(params, state);
    return { status: 200, body: { status: 'success', data, ...(warnings.length > 0 ? { warnings } : {}) } };
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    const status = error.type === 'bad_data' ? 400 : 422;
    return { status, body: { status: 'error', errorType: error.type, error: error.message } };
  }
}

interface Route {
  methods: readonly string[];
  answer: (params: URLSearchParams, state: ApiState) => Answered;
}

const READ = ['GET'];
const READ_OR_FORM = ['GET', 'POST'];

const ROUTES: Readonly<Record<string, Route>> = {
  '/api/v1/query': { methods: READ_OR_FORM, answer: query },
  '/api/v1/query_range': { methods: READ_OR_FORM, answer: queryRange },
  '/api/v1/series': { methods: READ_OR_FORM, answer: listSeries },
  '/api/v1/labels': { methods: READ_OR_FORM, answer: listLabels },
  '/api/v1/metadata': { methods: READ, answer: listMetadata },
  '/api/v1/alerts': { methods: READ, answer: (_, state) => ({ data: { alerts: listAlerts(state.groups) } }) },
  '/api/v1/rules': { methods: READ, answer: listRules },
  '/api/v1/targets': { methods: READ, answer: listTargets },
  '/api/v1/status/buildinfo': { methods: READ, answer: () => ({ data: BUILD_INFO }) },
  '/api/v1/status/runtimeinfo': {
    methods: READ,
    answer: (_, { startedMs }) => ({ data: { startTime: new Date(startedMs).toISOString(), storageRetention: '2h' } }),
  },
  '/api/v1/status/flags': {
    methods: READ,
    answer: () => ({ data: { 'query.lookback-delta': '5m', 'query.timeout': '2m' } }),
  },
};

const BUILD_INFO = {
  version: VERSION,
  revision: 'simulated',
  branch: 'HEAD',
  buildUser: '',
  buildDate: '',
  goVersion: '',
};

function findRoute(path: string): Route | undefined {
  const label = /^\/api\/v1\/label\/([^/]+)\/values$/.exec(path)?.[1];
  if (label !== undefined) {
    return { methods: READ, answer: (params, state) => labelValues(decodeURIComponent(label), params, state) };
  }
  return Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
}

function required(params: URLSearchParams, name: string): string {
  const value = params.get(name);
  if (value === null) throw invalid(name, 'cannot parse "" to a valid timestamp');
  return value;
}

function parseQuery(params: URLSearchParams): ReturnType<typeof parsePromql> {
  try {
    return parsePromql(params.get('query') ?? '');
  } catch (error) {
    throw error instanceof PromqlError ? invalid('query', error.message) : error;
  }
}

function lookback(params: URLSearchParams): { lookbackMs?: number } {
  const given = params.get('lookback_delta');
  return given === null ? {} : { lookbackMs: parseStepMs(given, 'lookback_delta') };
}

/** Applies the partial-answer switch and the `limit` parameter. */
function truncated<T>(
  elements: readonly T[],
  params: URLSearchParams,
  state: ApiState,
): { kept: T[]; warnings: string[] } {
  const warnings: string[] = [];
  let kept = [...elements];
  if (state.partial) {
    kept = kept.filter((_, at) => at % 2 === 0);
    warnings.push('No StoreAPIs matched for this query: the answer is partial');
  }
  const limit = Number(params.get('limit') ?? 0);
  if (!Number.isInteger(limit) || limit < 0) throw invalid('limit', 'limit must be non-negative');
  if (limit > 0 && kept.length > limit) {
    kept = kept.slice(0, limit);
    warnings.push('results truncated due to limit');
  }
  return { kept, warnings };
}

function query(params: URLSearchParams, state: ApiState): Answered {
  const given = params.get('time');
  const timeMs = given === null ? state.nowMs : parseTimeMs(given, 'time');
  const options = { store: state.store, ...lookback(params) };
  const value = evaluateInstant(parseQuery(params), timeMs, options);
  if (value.type === 'scalar' || value.type === 'string') return { data: encodeValue(value, timeMs) };
  if (value.type === 'matrix') {
    const { kept, warnings } = truncated(value.elements, params, state);
    return { data: encodeMatrix(kept), warnings };
  }
  const { kept, warnings } = truncated(value.elements, params, state);
  return { data: encodeValue({ type: 'vector', elements: kept }, timeMs), warnings };
}

function queryRange(params: URLSearchParams, state: ApiState): Answered {
  const startMs = parseTimeMs(required(params, 'start'), 'start');
  const endMs = parseTimeMs(required(params, 'end'), 'end');
  if (endMs < startMs) throw invalid('end', 'end timestamp must not be before start time');
  const stepMs = parseStepMs(params.get('step') ?? '', 'step');
  if (stepMs <= 0) {
    throw invalid('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer');
  }
  if ((endMs - startMs) / stepMs > MAX_POINTS) {
    throw new PromqlError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  const options = { store: state.store, ...lookback(params) };
  const elements = evaluateRange(parseQuery(params), { startMs, endMs, stepMs }, options);
  const { kept, warnings } = truncated(elements, params, state);
  return { data: encodeMatrix(kept), warnings };
}

function matchersOf(text: string): readonly Matcher[] {
  let expr: ReturnType<typeof parsePromql>;
  try {
    expr = parsePromql(text);
  } catch (error) {
    throw error instanceof PromqlError ? invalid('match[]', error.message) : error;
  }
  if (expr.kind !== 'vector-selector') throw invalid('match[]', `${text} is no selector`);
  return expr.matchers;
}

/** The series that match any of `match[]` (all, without one) and have a sample between start and end. */
function matchingSeries(params: URLSearchParams, state: ApiState, isRequired: boolean): Series[] {
  const selectors = params.getAll('match[]');
  if (isRequired && selectors.length === 0) throw new PromqlError('bad_data', 'no match[] parameter provided');
  const [start, end] = [params.get('start'), params.get('end')];
  const startMs = start === null ? Number.NEGATIVE_INFINITY : parseTimeMs(start, 'start');
  const endMs = end === null ? Number.POSITIVE_INFINITY : parseTimeMs(end, 'end');
  const chosen =
    selectors.length === 0
      ? [...state.store.all()]
      : [...new Set(selectors.flatMap((one) => state.store.select(matchersOf(one))))];
  return chosen.filter((series) => series.overlaps(startMs, endMs));
}

function listSeries(params: URLSearchParams, state: ApiState): Answered {
  const { kept, warnings } = truncated(matchingSeries(params, state, true), params, state);
  return { data: kept.map((series) => series.labels), warnings };
}

function listLabels(params: URLSearchParams, state: ApiState): Answered {
  const names = new Set(matchingSeries(params, state, false).flatMap((series) => Object.keys(series.labels)));
  const { kept, warnings } = truncated([...names].sort(), params, state);
  return { data: kept, warnings };
}

function labelValues(label: string, params: URLSearchParams, state: ApiState): Answered {
  const values = new Set<string>();
  for (const series of matchingSeries(params, state, false)) {
    const value = series.labels[label];
    if (value !== undefined) values.add(value);
  }
  const { kept, warnings } = truncated([...values].sort(), params, state);
  return { data: kept, warnings };
}

function listMetadata(params: URLSearchParams, state: ApiState): Answered {
  const metric = params.get('metric');
  const chosen = [...state.metadata].filter(([name]) => metric === null || metric === name);
  const limit = Number(params.get('limit') ?? -1);
  const kept = limit >= 0 ? chosen.slice(0, limit) : chosen;
  return { data: Object.fromEntries(kept.map(([name, metadata]) => [name, [metadata]])) };
}

function encodeAlert(alert: ActiveAlert): unknown {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    state: alert.state,
    activeAt: new Date(alert.activeAtMs).toISOString(),
    value: formatExponent(alert.value),
  };
}

function activeAlerts(rule: LoadedRule): unknown[] {
  return [...rule.active.values()].filter((alert) => alert.state !== 'inactive').map(encodeAlert);
}

function listAlerts(groups: readonly LoadedGroup[]): unknown[] {
  return groups.flatMap((group) => group.rules.flatMap(activeAlerts));
}

function listRules(params: URLSearchParams, { groups }: ApiState): Answered {
  const type = params.get('type');
  if (type !== null && type !== 'alert' && type !== 'record')
    throw invalid('type', `not supported value ${JSON.stringify(type)}`);
  const names = params.getAll('rule_name[]');
  const wantedGroups = params.getAll('rule_group[]');
  const encoded = groups
    .filter((group) => wantedGroups.length === 0 || wantedGroups.includes(group.name))
    .map((group) => ({
      name: group.name,
      file: 'simulated.yaml',
      interval: group.intervalMs / 1_000,
      limit: 0,
      evaluationTime: 0,
      lastEvaluation: new Date(group.lastEvaluationMs).toISOString(),
      rules: group.rules
        .filter((rule) => names.length === 0 || names.includes(rule.name))
        .filter((rule) => type === null || (rule.source.alert !== undefined) === (type === 'alert'))
        .map(encodeRule),
    }))
    .filter((group) => group.rules.length > 0 || (names.length === 0 && type === null));
  return { data: { groups: encoded } };
}

function encodeRule(rule: LoadedRule): unknown {
  const shared = {
    name: rule.name,
    query: rule.text,
    labels: rule.source.labels ?? {},
    health: rule.health,
    ...(rule.lastError === '' ? {} : { lastError: rule.lastError }),
    evaluationTime: 0,
    lastEvaluation: new Date(rule.lastEvaluationMs).toISOString(),
  };
  if (rule.source.alert === undefined) return { ...shared, type: 'recording' };
  const states = new Set([...rule.active.values()].map((alert) => alert.state));
  return {
    ...shared,
    type: 'alerting',
    state: states.has('firing') ? 'firing' : states.has('pending') ? 'pending' : 'inactive',
    duration: rule.forMs / 1_000,
    keepFiringFor: rule.keepFiringForMs / 1_000,
    annotations: rule.source.annotations ?? {},
    alerts: activeAlerts(rule),
  };
}

function listTargets(params: URLSearchParams, state: ApiState): Answered {
  const pool = params.get('scrapePool');
  const activeTargets = state
    .targets()
    .filter((target) => pool === null || target.scrapePool === pool)
    .map((target) => ({
      discoveredLabels: { __address__: target.labels['instance'] ?? '', __metrics_path__: '/metrics' },
      labels: target.labels,
      scrapePool: target.scrapePool,
      scrapeUrl: target.scrapeUrl,
      globalUrl: target.scrapeUrl,
      lastError: target.lastError,
      lastScrape: new Date(target.lastScrapeMs).toISOString(),
      lastScrapeDuration: 0.002,
      health: target.health,
      scrapeInterval: `${target.scrapeIntervalMs / 1_000}s`,
      scrapeTimeout: `${target.scrapeIntervalMs / 1_000}s`,
    }));
  const shown = params.get('state') === 'dropped' ? [] : activeTargets;
  return { data: { activeTargets: shown, droppedTargets: [], droppedTargetCounts: {} } };
}

import type { ServerResponse } from 'node:http';
import type { Alert } from './alertmanager/alerts.ts';
import { createAlertBook } from './alertmanager/alerts.ts';
import type { RouteTiming } from './alertmanager/dispatch.ts';
import { createDispatcher } from './alertmanager/dispatch.ts';
import { parseMatcher } from './alertmanager/matchers.ts';
import { createSilenceBook, SilenceNotFound } from './alertmanager/silences.ts';
import type { WebhookOptions } from './alertmanager/webhook.ts';
import type { Clock } from './clock.ts';
import type { Request, ServerBehaviour } from './loopback-server.ts';
import { createLoopbackServer, sendJson, sendText } from './loopback-server.ts';
import type { Random } from './random.ts';
import { compileAnchored, matchesAll } from './tsdb/labels.ts';

export interface AlertmanagerBehaviour extends ServerBehaviour {
  /** It takes alerts and answers, and notifies nobody. */
  paused: boolean;
}

export type WebhookTarget = Pick<WebhookOptions, 'url'> & Partial<WebhookOptions>;

export interface AlertmanagerOptions {
  clock: Clock;
  random: Random;
  webhook?: WebhookTarget;
  route?: Partial<RouteTiming>;
  /** Routes below the root, first match wins; what they leave out is the root's. */
  routes?: readonly ({ matchers: readonly string[] } & Partial<RouteTiming>)[];
  resolveTimeoutMs?: number;
}

export interface SimulatedAlertmanager {
  behaviour: AlertmanagerBehaviour;
  start(): Promise<void>;
  stop(): Promise<void>;
  url(): string;
  /** Notifies this address from now on. */
  setWebhook(target: WebhookTarget): void;
  /** Resolves when no notification is on its way. */
  settled(): Promise<void>;
}

const VERSION = '0.34.0';
// Alertmanager's own defaults (docs/configuration.md).
const DEFAULT_ROUTE: RouteTiming = {
  groupBy: ['alertname'],
  groupWaitMs: 30_000,
  groupIntervalMs: 300_000,
  repeatIntervalMs: 14_400_000,
};

/** An Alertmanager with one webhook receiver: API v2, grouping, silences, notifications of version 4. */
export function createAlertmanagerServer(options: AlertmanagerOptions): SimulatedAlertmanager {
  const { clock, random } = options;
  const behaviour: AlertmanagerBehaviour = { down: false, hang: false, slowMs: 0, paused: false };
  const now = (): number => clock.now();
  const startedMs = now();
  const book = createAlertBook({ now, resolveTimeoutMs: options.resolveTimeoutMs ?? 300_000 });
  const hex = (digits: number): string => Array.from({ length: digits }, () => random.below(16).toString(16)).join('');
  const silences = createSilenceBook({ now, makeId: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}` });
  const root = { ...DEFAULT_ROUTE, ...options.route };
  const withDefaults = (given: WebhookTarget): WebhookOptions => ({
    receiver: 'hale',
    sendResolved: true,
    maxAlerts: 0,
    version: VERSION,
    ...given,
  });
  let webhook = options.webhook === undefined ? undefined : withDefaults(options.webhook);
  const receiver = webhook?.receiver ?? 'hale';

  const answer = (request: Request, response: ServerResponse): void => {
    const { path, method } = request;
    if (path === '/-/ready' || path === '/-/healthy') return sendText(response, 200, 'OK');
    const silenceId = /^\/api\/v2\/silence\/([^/]+)$/.exec(path)?.[1];
    try {
      if (silenceId !== undefined) return answerSilence(method, silenceId, response);
      switch (`${method} ${path}`) {
        case 'GET /api/v2/status':
          return sendJson(response, 200, status());
        case 'GET /api/v2/receivers':
          return sendJson(response, 200, [{ name: receiver }]);
        case 'GET /api/v2/alerts':
          return sendJson(response, 200, chosenAlerts(request.query).map(encode));
        case 'POST /api/v2/alerts':
          dispatcher.add(book.post(parse(request.body)));
          return sendText(response, 200, '');
        case 'GET /api/v2/alerts/groups':
          return sendJson(response, 200, groups(request.query));
        case 'GET /api/v2/silences':
          return sendJson(response, 200, silences.list());
        case 'POST /api/v2/silences':
          return sendJson(response, 200, { silenceID: silences.post(parse(request.body)) });
        default:
          return sendText(response, 404, '404 page not found\n');
      }
    } catch (error) {
      // The API answers its refusals as one JSON string.
      sendJson(response, error instanceof SilenceNotFound ? 404 : 400, (error as Error).message);
    }
  };
  const server = createLoopbackServer({ name: 'Alertmanager', behaviour, answer });
  const dispatcher = createDispatcher({
    clock,
    book,
    root,
    children: (options.routes ?? []).map((route) => ({
      ...root,
      ...route,
      matchers: route.matchers.map(parseMatcher),
    })),
    webhook: () => webhook,
    externalUrl: () => server.url(),
    isMuted: (alert) => silences.silencing(alert.labels).length > 0,
    isPaused: () => behaviour.paused || behaviour.down,
  });

  const parse = (body: string): unknown => {
    try {
      return JSON.parse(body);
    } catch {
      throw new Error('parsing body failed: it must be JSON');
    }
  };
  const answerSilence = (method: string, id: string, response: ServerResponse): void => {
    const silence = silences.get(id);
    if (silence === undefined) return sendJson(response, 404, `silence ${id} not found`);
    if (method === 'GET') return sendJson(response, 200, silence);
    if (method !== 'DELETE') return sendText(response, 405, 'Method Not Allowed');
    silences.expire(id);
    return sendText(response, 200, '');
  };
  const chosenAlerts = (query: URLSearchParams): Alert[] => {
    const matchers = query.getAll('filter').map(parseMatcher);
    const wants = (flag: string): boolean => query.get(flag) !== 'false';
    const wantedReceiver = query.get('receiver');
    if (wantedReceiver !== null && !compileAnchored(wantedReceiver).test(receiver)) return [];
    return book.all().filter((alert) => {
      if (book.isResolved(alert) || !matchesAll(alert.labels, matchers)) return false;
      return wants(silences.silencing(alert.labels).length > 0 ? 'silenced' : 'active');
    });
  };
  const encode = (alert: Alert): unknown => {
    const silencedBy = silences.silencing(alert.labels);
    return {
      annotations: alert.annotations,
      endsAt: new Date(alert.endsAtMs).toISOString(),
      fingerprint: alert.fingerprint,
      receivers: [{ name: receiver }],
      startsAt: alert.startsAt,
      status: {
        inhibitedBy: [],
        mutedBy: silencedBy,
        silencedBy,
        state: silencedBy.length > 0 ? 'suppressed' : 'active',
      },
      updatedAt: new Date(alert.updatedAtMs).toISOString(),
      generatorURL: alert.generatorURL,
      labels: alert.labels,
    };
  };
  const groups = (query: URLSearchParams): unknown[] => {
    const chosen = new Map(chosenAlerts(query).map((alert) => [alert.fingerprint, alert]));
    return dispatcher
      .groups()
      .map((group) => ({
        alerts: [...group.prints].flatMap((print) => chosen.get(print) ?? []).map(encode),
        labels: group.labels,
        receiver: { name: receiver },
        routeLabels: {},
      }))
      .filter((group) => group.alerts.length > 0);
  };
  const status = (): unknown => ({
    cluster: { name: 'simulated', peers: [], status: 'ready' },
    config: { original: `route:\n  receiver: ${receiver}\nreceivers:\n  - name: ${receiver}\n` },
    uptime: new Date(startedMs).toISOString(),
    versionInfo: {
      branch: 'HEAD',
      buildDate: '',
      buildUser: '',
      goVersion: '',
      revision: 'simulated',
      version: VERSION,
    },
  });

  return {
    behaviour,
    start: () => server.start(),
    async stop() {
      dispatcher.stop();
      await server.stop();
    },
    url: () => server.url(),
    setWebhook(target) {
      webhook = withDefaults({ receiver, ...target });
    },
    settled: () => dispatcher.settled(),
  };
}

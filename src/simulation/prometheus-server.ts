import type { ServerResponse } from 'node:http';
import type { Clock } from './clock.ts';
import type { Authentication, Request, ServerBehaviour } from './loopback-server.ts';
import { createLoopbackServer, isAuthenticated, sendJson, sendText } from './loopback-server.ts';
import type { Metadata, Target } from './prometheus/api.ts';
import { answerApi } from './prometheus/api.ts';
import type { LoadedGroup, RuleFile } from './prometheus/rules.ts';
import { evaluateGroup, loadRules } from './prometheus/rules.ts';
import { createAlertSender } from './prometheus/send-alerts.ts';
import type { SampleStore } from './tsdb/store.ts';

export interface PrometheusBehaviour extends ServerBehaviour {
  /** Queries answer 500 with a plain text, as a proxy in front would. */
  status500: boolean;
  /** Queries drop every other series and say so in `warnings`, as Thanos does when a store is away. */
  partialWarnings: boolean;
}

export interface SimulatedPrometheus {
  behaviour: PrometheusBehaviour;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Base address, path prefix included. */
  url(): string;
  groups(): readonly LoadedGroup[];
  /** Resolves when no alert is on its way to Alertmanager. */
  settled(): Promise<void>;
}

export interface PrometheusOptions {
  clock: Clock;
  store: SampleStore;
  rules?: readonly RuleFile[];
  evaluationIntervalMs?: number;
  /** Base address of the Alertmanager, asked for at each send. */
  alertmanagerUrl?: () => string;
  authentication?: Authentication;
  /** For example `/prometheus`; no slash at the end. */
  pathPrefix?: string;
  targets?: () => readonly Target[];
  metadata?: ReadonlyMap<string, Metadata>;
}

/** A Prometheus that speaks the real HTTP API over a store that somebody else fills, and evaluates alert rules. */
export function createPrometheusServer(options: PrometheusOptions): SimulatedPrometheus {
  const { clock, store, pathPrefix = '' } = options;
  const behaviour: PrometheusBehaviour = {
    down: false,
    hang: false,
    slowMs: 0,
    status500: false,
    partialWarnings: false,
  };
  const groups = loadRules(options.rules ?? [], options.evaluationIntervalMs ?? 15_000);
  const startedMs = clock.now();
  const cancels = new Map<LoadedGroup, () => void>();

  const answer = (request: Request, response: ServerResponse): void => {
    if (!isAuthenticated(request.headers, options.authentication)) {
      response.setHeader(
        'www-authenticate',
        options.authentication !== undefined && 'bearer' in options.authentication ? 'Bearer' : 'Basic',
      );
      sendText(response, 401, 'Unauthorized\n');
      return;
    }
    if (!request.path.startsWith(`${pathPrefix}/`)) {
      sendText(response, 404, '404 page not found\n');
      return;
    }
    const path = request.path.slice(pathPrefix.length);
    if (path === '/-/ready') sendText(response, 200, 'Prometheus Server is Ready.\n');
    else if (path === '/-/healthy') sendText(response, 200, 'Prometheus Server is Healthy.\n');
    else if (behaviour.status500) sendText(response, 500, 'Internal Server Error\n');
    else {
      const result = answerApi(
        { ...request, path },
        {
          store,
          groups,
          startedMs,
          nowMs: clock.now(),
          partial: behaviour.partialWarnings,
          targets: options.targets ?? (() => []),
          metadata: options.metadata ?? new Map(),
        },
      );
      if (result === undefined) sendText(response, 404, '404 page not found\n');
      else sendJson(response, result.status, result.body);
    }
  };
  const server = createLoopbackServer({ name: 'Prometheus', behaviour, answer });
  const sender = createAlertSender({
    clock,
    alertmanagerUrl: options.alertmanagerUrl,
    externalUrl: () => server.url() + pathPrefix,
  });

  const schedule = (group: LoadedGroup): void => {
    cancels.set(
      group,
      clock.setTimer(group.intervalMs, () => {
        // A Prometheus that is down evaluates and sends nothing.
        if (!behaviour.down) {
          evaluateGroup(group, clock.now(), store);
          sender.send(group);
        }
        schedule(group);
      }),
    );
  };

  return {
    behaviour,
    groups: () => groups,
    async start() {
      await server.start();
      for (const group of groups) schedule(group);
    },
    async stop() {
      for (const cancel of cancels.values()) cancel();
      cancels.clear();
      sender.stop();
      await server.stop();
    },
    url: () => server.url() + pathPrefix,
    settled: () => sender.settled(),
  };
}

import type { Clock } from '../clock.ts';
import type { Labels, Matcher } from '../tsdb/labels.ts';
import { matchesAll, onlyLabels } from '../tsdb/labels.ts';
import type { Alert, AlertBook } from './alerts.ts';
import { printMatcher } from './matchers.ts';
import type { WebhookOptions } from './webhook.ts';
import { webhookBody } from './webhook.ts';

export interface RouteTiming {
  groupBy: readonly string[];
  groupWaitMs: number;
  groupIntervalMs: number;
  repeatIntervalMs: number;
}

export interface ChildRoute extends RouteTiming {
  matchers: readonly Matcher[];
}

export interface AlertGroup {
  key: string;
  labels: Labels;
  route: RouteTiming;
  prints: Set<string>;
}

/** What was last told about a group, successfully. */
interface Told {
  atMs: number;
  firing: ReadonlySet<string>;
  resolved: ReadonlySet<string>;
}

interface RunningGroup extends AlertGroup {
  told: Told | undefined;
  isDelivering: boolean;
  cancel: () => void;
}

export interface Dispatcher {
  /** Puts alerts into their groups; a new group waits its group_wait. */
  add(alerts: readonly Alert[]): void;
  groups(): readonly AlertGroup[];
  /** Resolves when nothing is on its way. */
  settled(): Promise<void>;
  stop(): void;
}

export interface DispatchOptions {
  clock: Clock;
  book: AlertBook;
  root: RouteTiming;
  children: readonly ChildRoute[];
  /** Asked at each flush; without one, groups wait untold. */
  webhook: () => WebhookOptions | undefined;
  externalUrl: () => string;
  isMuted: (alert: Alert) => boolean;
  isPaused: () => boolean;
}

// Alertmanager, notify/retry_stage.go: exponential back-off that starts at half a second.
const FIRST_RETRY_MS = 500;
const RETRY_FACTOR = 1.5;
// The real time one attempt may take. Virtual time may run much faster than the receiver can answer.
const ATTEMPT_TIMEOUT_MS = 10_000;

const isSubset = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => [...a].every((item) => b.has(item));

/** The reason to send, in Alertmanager's words, or undefined when nothing is due (notify/dedup_stage.go). */
function reasonToSend(
  told: Told | undefined,
  firing: ReadonlySet<string>,
  resolved: ReadonlySet<string>,
  repeatDue: boolean,
): string | undefined {
  if (told === undefined) return firing.size > 0 ? 'first notification' : undefined;
  if (!isSubset(firing, told.firing)) return 'new alerts added';
  if (firing.size === 0) return told.firing.size > 0 ? 'all alerts resolved' : undefined;
  if (!isSubset(resolved, told.resolved)) return 'some alerts resolved';
  return repeatDue ? 'repeat interval elapsed' : undefined;
}

/** Grouping, waiting, repeating and delivery, as facts of Alertmanager's pipeline: group, mute, deduplicate, send. */
export function createDispatcher(options: DispatchOptions): Dispatcher {
  const { clock, book } = options;
  const groups = new Map<string, RunningGroup>();
  const inFlight = new Set<Promise<void>>();
  const abort = new AbortController();

  const groupOf = (alert: Alert): RunningGroup => {
    const child = options.children.find((route) => matchesAll(alert.labels, route.matchers));
    const route = child ?? options.root;
    const labels = onlyLabels(alert.labels, new Set(route.groupBy));
    const chain = child === undefined ? '{}' : `{}/{${child.matchers.map(printMatcher).join(',')}}`;
    const printed = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    const key = `${chain}:{${printed.join(', ')}}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = { key, labels, route, prints: new Set(), told: undefined, isDelivering: false, cancel: () => undefined };
      groups.set(key, group);
      schedule(group, route.groupWaitMs);
    }
    return group;
  };

  const schedule = (group: RunningGroup, delayMs: number): void => {
    group.cancel = clock.setTimer(delayMs, () => {
      schedule(group, group.route.groupIntervalMs);
      if (!group.isDelivering && !options.isPaused()) flush(group);
    });
  };

  const flush = (group: RunningGroup): void => {
    const known = [...group.prints].map((print) => book.get(print)).filter((alert) => alert !== undefined);
    const audible = known.filter((alert) => !options.isMuted(alert));
    const over = known.filter((alert) => book.isResolved(alert));
    const [firing, resolved] = [new Set<string>(), new Set<string>()];
    for (const alert of audible) (book.isResolved(alert) ? resolved : firing).add(alert.fingerprint);
    const atMs = clock.now();
    const repeatDue = group.told !== undefined && atMs - group.told.atMs >= group.route.repeatIntervalMs;
    // When everything is silenced nothing is compared, so that nothing is ever "resolved" by a silence.
    const reason = audible.length === 0 ? undefined : reasonToSend(group.told, firing, resolved, repeatDue);
    const finish = (): void => {
      if (reason !== undefined) group.told = { atMs, firing, resolved };
      forget(group, over);
    };
    const webhook = options.webhook();
    if (reason === undefined || (firing.size === 0 && webhook?.sendResolved === false)) {
      finish();
      return;
    }
    if (webhook === undefined) return;
    const body = webhookBody({
      group,
      alerts: audible,
      isResolved: (alert) => book.isResolved(alert),
      webhook,
      externalUrl: options.externalUrl(),
      reason,
    });
    const tell = async (): Promise<void> => {
      group.isDelivering = true;
      const delivered = await deliver(webhook, JSON.stringify(body), atMs + group.route.groupIntervalMs);
      group.isDelivering = false;
      if (delivered) finish();
    };
    const telling = tell();
    inFlight.add(telling);
    void telling.finally(() => inFlight.delete(telling));
  };

  const forget = (group: RunningGroup, over: readonly Alert[]): void => {
    for (const alert of over) {
      // One that fires again since the flush began stays.
      if (book.get(alert.fingerprint) === alert) book.remove(alert);
      if (book.get(alert.fingerprint) === undefined) group.prints.delete(alert.fingerprint);
    }
    if (group.prints.size === 0) {
      group.cancel();
      groups.delete(group.key);
    }
  };

  /** Retries 5xx and transport errors until the flush's time is up; any other refusal ends it at once. */
  const deliver = async (target: WebhookOptions, body: string, deadlineMs: number): Promise<boolean> => {
    let pauseMs = FIRST_RETRY_MS;
    for (;;) {
      const status = await attempt(target, body);
      if (status !== undefined && status < 300) return true;
      if (status !== undefined && status < 500) return false;
      if (clock.now() + pauseMs >= deadlineMs || abort.signal.aborted) return false;
      await pause(pauseMs);
      pauseMs *= RETRY_FACTOR;
    }
  };
  const attempt = async (target: WebhookOptions, body: string): Promise<number | undefined> => {
    try {
      const response = await fetch(target.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': `Alertmanager/${target.version}`,
          ...(target.bearer === undefined ? {} : { authorization: `Bearer ${target.bearer}` }),
        },
        body,
        signal: AbortSignal.any([abort.signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return undefined;
    }
  };
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.setTimer(ms, resolve);
      abort.signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });

  return {
    add(alerts) {
      for (const alert of alerts) groupOf(alert).prints.add(alert.fingerprint);
    },
    groups: () => [...groups.values()],
    async settled() {
      while (inFlight.size > 0) await Promise.all(inFlight);
    },
    stop() {
      abort.abort();
      for (const group of groups.values()) group.cancel();
      groups.clear();
    },
  };
}

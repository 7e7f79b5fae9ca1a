import type { Fault } from './faults/fault.ts';
import { quiet } from './faults/quiet.ts';
import type { Random } from './random.ts';
import { createDatabase } from './shop/database.ts';
import type { Instruments } from './shop/histogram.ts';
import { createInstruments } from './shop/histogram.ts';
import type { Checkout, Pool } from './shop/pool.ts';
import { createPool } from './shop/pool.ts';
import type { UserLedger } from './shop/users.ts';
import { createUserLedger } from './shop/users.ts';
import type { SampleStore } from './tsdb/store.ts';

/** What the model must know of a ready pod. */
export interface ShopPod {
  name: string;
  uid: string;
  ip: string;
}

export type ServiceName = 'web' | 'orders' | 'catalog';

export const SHOP_NAMESPACE = 'shop';

/** Sizes of the shop: times in ms, log-normal around these medians. */
export const SHOP = {
  quietRatePerS: 60,
  database: { maxConnections: 60, reservedConnections: 3 },
  web: { replicas: 2, workMs: 4, route: '/checkout', method: 'POST' },
  orders: { replicas: 2, workMs: 6, route: '/orders', method: 'POST', holdMs: 48, poolMax: 5, minIdle: 0 },
  catalog: { replicas: 2, workMs: 3, route: '/products/:id', method: 'GET', holdMs: 8, poolMax: 8, minIdle: 4 },
  connectionTimeoutMs: 3_000,
  // A lean setting: connections go back quickly, so that a full server is felt.
  idleTimeoutMs: 2_000,
  maxLifetimeMs: 30_000,
  // orders tries a refused connection again before it gives up.
  refusedRetries: 2,
  refusedRetryMs: 150,
} as const;

const SERVICES: readonly ServiceName[] = ['web', 'orders', 'catalog'];
const WORK_SIGMA = 0.4;
const HOLD_SIGMA = 0.3;
const NO_POD_MS = 2;

export interface ShopModel {
  /** Simulates everything up to this moment and scrapes when that is due. */
  advanceTo(nowMs: number): void;
  inject(fault: Fault): void;
  fault(): Fault;
  users: UserLedger;
}

interface RunningPod extends ShopPod {
  instruments: Instruments;
  pool: Pool | undefined;
}

interface Visit {
  bornMs: number;
  webPod: RunningPod;
  arrivalMs: number;
  triesLeft: number;
  ordersPod?: RunningPod;
  ordersArrivalMs?: number;
}

/**
 * The shop web -> orders -> catalog -> PostgreSQL, request by request: users arrive at random (open loop, Poisson), each
 * pod's connection pool is an exact queue, connections come from one server. What is scraped is what these requests did.
 */
export function createShopModel(options: {
  random: Random;
  store: SampleStore;
  startMs: number;
  stepMs: number;
  scrapeIntervalMs: number;
  readyPods: (service: ServiceName) => readonly ShopPod[];
  /** Called at each scrape, for metrics that come from elsewhere. */
  onScrape?: (timeMs: number) => void;
}): ShopModel {
  const { random, store, stepMs, scrapeIntervalMs } = options;
  const database = createDatabase(SHOP.database);
  const users = createUserLedger({ pointEveryMs: Math.max(stepMs, 5_000) });
  const pods: Record<ServiceName, Map<string, RunningPod>> = { web: new Map(), orders: new Map(), catalog: new Map() };
  const postgres = createInstruments(store, {
    job: 'postgres',
    instance: '10.244.0.1:9187',
    server: '10.244.0.1:5432',
  });
  let completions: { atMs: number; record: () => void }[] = [];
  let retries: Visit[] = [];
  let nowMs = options.startMs;
  let scrapedMs = options.startMs;
  let nextArrivalMs = options.startMs;
  let fault: Fault = quiet;
  let faultMs = options.startMs;

  const serverLabels = remembered((service, status) => {
    const { route, method } = SHOP[service];
    return { method, route, status_code: status };
  });
  const clientLabels = remembered((server, status) => ({
    method: SHOP[server].method,
    server_address: server,
    status_code: status,
  }));
  const at = (atMs: number, record: () => void): void => {
    completions.push({ atMs, record });
  };
  const pick = (service: ServiceName): RunningPod | undefined => {
    const ready = [...pods[service].values()];
    return ready[random.below(ready.length)];
  };

  const syncPods = (): void => {
    for (const service of SERVICES) {
      const ready = options.readyPods(service);
      const uids = new Set(ready.map((pod) => pod.uid));
      for (const [uid, pod] of pods[service]) {
        if (uids.has(uid)) continue;
        pod.pool?.destroy();
        pod.instruments.retire(nowMs);
        pods[service].delete(uid);
      }
      for (const pod of ready) if (!pods[service].has(pod.uid)) pods[service].set(pod.uid, startPod(service, pod));
    }
  };
  const startPod = (service: ServiceName, pod: ShopPod): RunningPod => {
    const target = {
      job: 'kubernetes-pods',
      instance: `${pod.ip}:8080`,
      namespace: SHOP_NAMESPACE,
      pod: pod.name,
      app: service,
      service,
    };
    const instruments = createInstruments(store, target);
    instruments.gauge('up', {}, 1);
    if (service === 'web') return { ...pod, instruments, pool: undefined };
    const { poolMax, minIdle } = SHOP[service];
    const { connectionTimeoutMs, idleTimeoutMs, maxLifetimeMs } = SHOP;
    const pool = createPool({
      user: service,
      database,
      max: poolMax,
      minIdle,
      connectionTimeoutMs,
      idleTimeoutMs,
      maxLifetimeMs,
    });
    return { ...pod, instruments, pool };
  };

  const answer = (pod: RunningPod, service: ServiceName, fromMs: number, toMs: number, status: number): void => {
    const labels = serverLabels(service, status);
    at(toMs, () => pod.instruments.observe('http_request_duration_seconds', labels, (toMs - fromMs) / 1_000));
  };
  const called = (pod: RunningPod, server: ServiceName, fromMs: number, toMs: number, status: number): void => {
    const labels = clientLabels(server, status);
    at(toMs, () => pod.instruments.observe('http_client_request_duration_seconds', labels, (toMs - fromMs) / 1_000));
  };
  const finish = (visit: Visit, endMs: number, failed: boolean): void => {
    called(visit.webPod, 'orders', visit.ordersArrivalMs ?? visit.arrivalMs, endMs, failed ? 503 : 200);
    answer(visit.webPod, 'web', visit.bornMs, endMs, failed ? 502 : 200);
    at(endMs, () => users.record(endMs, endMs - visit.bornMs, failed));
  };
  const checkOut = (pod: RunningPod, service: 'orders' | 'catalog', arrivalMs: number): Checkout => {
    const { holdMs } = SHOP[service];
    const checkout = (pod.pool as Pool).checkOut(arrivalMs, random.logNormal(holdMs, HOLD_SIGMA));
    const labels = { db_client_connection_pool_name: service };
    if (checkout.outcome === 'timed-out')
      at(checkout.endMs, () => pod.instruments.count('db_client_connection_timeouts_total', labels));
    if (checkout.outcome === 'refused')
      at(checkout.endMs, () => pod.instruments.count('db_client_errors_total', { code: '53300' }));
    return checkout;
  };

  const visitOrders = (visit: Visit): Visit[] => {
    const pod = visit.ordersPod ?? pick('orders');
    if (pod === undefined) {
      finish(visit, visit.arrivalMs + NO_POD_MS, true);
      return [];
    }
    visit.ordersPod = pod;
    visit.ordersArrivalMs ??= visit.arrivalMs - SHOP.orders.workMs;
    const checkout = checkOut(pod, 'orders', visit.arrivalMs);
    if (checkout.outcome === 'refused' && visit.triesLeft > 0) {
      retries.push({ ...visit, arrivalMs: checkout.endMs + SHOP.refusedRetryMs, triesLeft: visit.triesLeft - 1 });
      return [];
    }
    if (checkout.outcome !== 'used') {
      answer(pod, 'orders', visit.ordersArrivalMs, checkout.endMs, 503);
      finish(visit, checkout.endMs, true);
      return [];
    }
    return [{ ...visit, arrivalMs: checkout.endMs }];
  };
  const visitCatalog = (visit: Visit): void => {
    const ordersPod = visit.ordersPod as RunningPod;
    const pod = pick('catalog');
    const workedMs = visit.arrivalMs + random.logNormal(SHOP.catalog.workMs, WORK_SIGMA);
    const checkout: Checkout =
      pod === undefined
        ? { outcome: 'refused', endMs: visit.arrivalMs + NO_POD_MS }
        : checkOut(pod, 'catalog', workedMs);
    const failed = checkout.outcome !== 'used';
    if (pod !== undefined) answer(pod, 'catalog', visit.arrivalMs, checkout.endMs, failed ? 503 : 200);
    called(ordersPod, 'catalog', visit.arrivalMs, checkout.endMs, failed ? 503 : 200);
    answer(ordersPod, 'orders', visit.ordersArrivalMs ?? visit.arrivalMs, checkout.endMs, failed ? 503 : 200);
    finish(visit, checkout.endMs, failed);
  };

  const step = (): void => {
    syncPods();
    const { trafficFactor, otherConnections } = fault.influence(nowMs - faultMs);
    database.holdOthers('reporting', otherConnections);
    const endMs = nowMs + stepMs;
    const due = (visits: readonly Visit[]): Visit[] => [...visits].sort((a, b) => a.arrivalMs - b.arrivalMs);
    const arrivals: Visit[] = retries.filter((visit) => visit.arrivalMs < endMs);
    retries = retries.filter((visit) => visit.arrivalMs >= endMs);
    const meanGapMs = 1_000 / (SHOP.quietRatePerS * trafficFactor);
    while (nextArrivalMs < endMs) {
      const bornMs = nextArrivalMs;
      nextArrivalMs += random.exponential(meanGapMs);
      const webPod = pick('web');
      if (webPod === undefined) {
        at(bornMs + NO_POD_MS, () => users.record(bornMs + NO_POD_MS, NO_POD_MS, true));
        continue;
      }
      const workMs = random.logNormal(SHOP.web.workMs, WORK_SIGMA) + random.logNormal(SHOP.orders.workMs, WORK_SIGMA);
      arrivals.push({ bornMs, webPod, arrivalMs: bornMs + workMs, triesLeft: SHOP.refusedRetries });
    }
    const onward = due(arrivals).flatMap(visitOrders);
    for (const visit of due(onward)) visitCatalog(visit);
    nowMs = endMs;
    for (const service of SERVICES) for (const pod of pods[service].values()) pod.pool?.closeIdle(nowMs);
    const later: typeof completions = [];
    for (const completion of completions) {
      if (completion.atMs <= nowMs) completion.record();
      else later.push(completion);
    }
    completions = later;
    users.close(nowMs);
    if (nowMs - scrapedMs >= scrapeIntervalMs) scrape();
  };

  const scrape = (): void => {
    scrapedMs = nowMs;
    for (const service of SERVICES) {
      for (const { pool, instruments } of pods[service].values()) {
        if (pool !== undefined) showPool(instruments, service, pool);
        instruments.scrape(nowMs);
      }
    }
    postgres.gauge('up', {}, 1);
    postgres.gauge('pg_up', {}, 1);
    postgres.gauge('pg_settings_max_connections', {}, database.maxConnections);
    postgres.gauge('pg_settings_superuser_reserved_connections', {}, database.reservedConnections);
    for (const [usename, held] of database.connections()) {
      let active = 0;
      for (const service of SERVICES) {
        if (service !== usename) continue;
        for (const { pool } of pods[service].values()) active += pool?.state(nowMs).used ?? 0;
      }
      const labels = { datname: usename === 'reporting' ? 'reports' : 'shop', usename, backend_type: 'client backend' };
      postgres.gauge('pg_stat_activity_count', { ...labels, state: 'active' }, active);
      postgres.gauge('pg_stat_activity_count', { ...labels, state: 'idle' }, Math.max(0, held - active));
    }
    postgres.scrape(nowMs);
    options.onScrape?.(nowMs);
  };
  const showPool = (instruments: Instruments, service: ServiceName, pool: Pool): void => {
    const { used, idle, waiting } = pool.state(nowMs);
    const labels = { db_client_connection_pool_name: service };
    instruments.gauge('db_client_connection_count', { ...labels, db_client_connection_state: 'used' }, used);
    instruments.gauge('db_client_connection_count', { ...labels, db_client_connection_state: 'idle' }, idle);
    instruments.gauge('db_client_connection_max', labels, service === 'web' ? 0 : SHOP[service].poolMax);
    instruments.gauge('db_client_connection_pending_requests', labels, waiting);
    instruments.count('db_client_connection_timeouts_total', labels, 0);
    instruments.count('db_client_errors_total', { code: '53300' }, 0);
  };

  return {
    users,
    fault: () => fault,
    inject(next) {
      fault = next;
      faultMs = nowMs;
    },
    advanceTo(untilMs) {
      for (let left = Math.floor((untilMs - nowMs) / stepMs); left > 0; left--) step();
    },
  };
}

/** One label object per service and status, so that it can serve as a key. */
function remembered(make: (service: ServiceName, status: string) => Record<string, string>) {
  const known = new Map<string, Record<string, string>>();
  return (service: ServiceName, status: number): Record<string, string> => {
    const key = `${service} ${status}`;
    const labels = known.get(key) ?? make(service, String(status));
    known.set(key, labels);
    return labels;
  };
}

import { createRandom } from '../../../src/simulation/random.ts';

const SERVICES = ['orders', 'payments', 'catalogue', 'gateway', 'mailer'] as const;
/** What services say, `#` for a number, `@` for an id. */
const LINES = [
  'GET /orders/# 200 in # ms',
  'POST /orders 500 in # ms',
  'order @ was placed by customer #',
  'payment @ of # EUR was authorised',
  'cache miss for key product:#',
  'connection to 10.244.#.# established',
  'could not reach payments: timeout of # ms exceeded',
  'retrying request @ (attempt #)',
  'job @ finished in # ms, # rows',
  'user # logged in from 10.0.#.#',
  'slow query took # ms: SELECT * FROM orders WHERE id = #',
  'message @ published to queue orders.created',
] as const;

/** Log events as Filebeat sends them, `count` of them with times that end now; the same for the same seed. */
export function ecsDocuments(count: number, seed: number, nowMs: number): readonly object[] {
  const random = createRandom(seed);
  const number = (): string => String(Math.floor(random.uniform() * 10_000));
  const id = (): string => Math.floor(random.uniform() * 2 ** 48).toString(16);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random.uniform() * of.length)] as T;
  return Array.from({ length: count }, (_, at) => {
    const service = pick(SERVICES);
    const message = pick(LINES).replaceAll('#', number).replaceAll('@', id);
    return {
      '@timestamp': new Date(nowMs - (count - at)).toISOString(),
      message,
      log: { level: message.includes('500') ? 'error' : 'info', file: { path: `/var/log/containers/${service}.log` } },
      kubernetes: {
        namespace: 'shop',
        pod: { name: `${service}-7c9d8b5f6d-x2k4q`, uid: '3f0d6c1e-0000-4000-8000-000000000000' },
        container: { name: service },
        node: { name: 'node-1' },
        labels: { app: service },
      },
      service: { name: service, version: '1.4.2' },
      agent: { type: 'filebeat', version: '8.19.2' },
      ecs: { version: '8.0.0' },
    };
  });
}

export function bulkBody(documents: readonly object[], index: string): Buffer {
  const action = JSON.stringify({ create: { _index: index } });
  return Buffer.from(documents.map((document) => `${action}\n${JSON.stringify(document)}\n`).join(''));
}

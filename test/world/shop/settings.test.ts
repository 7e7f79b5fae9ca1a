import { describe, expect, it } from 'vitest';
import { changeFaults, Faults } from './faults.ts';
import { readSettings } from './settings.ts';
import { readTrace } from './trace.ts';

const orders = {
  SERVICE: 'orders',
  POD_IP: '127.0.0.1',
  DATABASE_URL: 'postgres://shop:hidden@127.0.0.1/shop',
  CATALOG_URL: 'http://127.0.0.1:1',
};

describe('readSettings', () => {
  it('fills in defaults and reads numbers', () => {
    const settings = readSettings({ ...orders, POOL_MAX: '2', FAULTS: '{"errorRate":0.5}' });

    expect(settings).toMatchObject({ poolMax: 2, connectionTimeoutMs: 3000, queryMs: 0, port: 8080 });
    expect(settings.faults).toEqual({ ...Faults.parse({}), errorRate: 0.5 });
  });

  it.each([
    ['an unknown service', { SERVICE: 'stock' }, /SERVICE/],
    ['a pool of nothing', { POOL_MAX: '0' }, /POOL_MAX/],
    ['waiting for ever', { CONNECTION_TIMEOUT_MS: '0' }, /CONNECTION_TIMEOUT_MS/],
    ['a name instead of an address', { POD_IP: 'localhost' }, /POD_IP/],
    ['a missing neighbour', { CATALOG_URL: undefined }, /CATALOG_URL: must be set for SERVICE=orders/],
    ['faults that are not JSON', { FAULTS: 'slow' }, /FAULTS/],
    ['a fault that does not exist', { FAULTS: '{"slow":1}' }, /FAULTS/],
  ])('refuses %s', (_what, change, message) => {
    expect(() => readSettings({ ...orders, ...change })).toThrow(message);
  });

  it('does not repeat the database password', () => {
    expect(() => readSettings({ ...orders, DATABASE_URL: 'mysql://shop:hidden@host' })).toThrow(/^(?!.*hidden)/);
  });
});

describe('changeFaults', () => {
  const slow = Faults.parse({ latencyMs: 40 });

  it('changes only what is named', () => {
    expect(changeFaults(slow, { leakEvery: 3 }, true)).toEqual({ faults: { ...slow, leakEvery: 3 } });
    expect(changeFaults(slow, {}, true)).toEqual({ faults: slow });
  });

  it.each([[{ latncyMs: 1 }], [{ errorRate: 1.1 }], [{ latencyMs: -1 }], [{ idleConnections: '5' }], [null]])(
    'refuses %j and names what is allowed',
    (body) => {
      expect(changeFaults(slow, body, true)).toEqual({ problem: expect.stringContaining('allowed: latencyMs') });
    },
  );

  it('refuses faults of the database where there is none', () => {
    expect(changeFaults(slow, { poolHoldMs: 1 }, false)).toHaveProperty('problem');
    expect(changeFaults(slow, { cpuBurnMs: 1 }, false)).toHaveProperty('faults');
  });
});

describe('readTrace', () => {
  const randomHex = (bytes: number) => '1'.repeat(bytes * 2);
  const given = 'a'.repeat(32);

  it('carries a given trace on under a new span', () => {
    const trace = readTrace(`00-${given}-${'b'.repeat(16)}-01`, randomHex);

    expect(trace).toEqual({ traceId: given, traceparent: `00-${given}-${'1'.repeat(16)}-01` });
  });

  it.each([[undefined], ['nonsense'], [`00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`]])(
    'starts anew for %s',
    (header) => {
      expect(readTrace(header, randomHex).traceId).toBe('1'.repeat(32));
    },
  );
});

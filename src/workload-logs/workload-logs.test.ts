import { describe, expect, it } from 'vitest';
import { fakeCluster, fakeWorkload } from '../../test/fakes/cluster.ts';
import { fakeLogs } from '../../test/fakes/logs.ts';
import type { HeardLogs } from '../ports/workload-logs.ts';
import { troublesOf } from './index.ts';
import { ownerOf } from './owner-of.ts';

const MINUTE_MS = 60_000;
const NOW = 1_800_000_000_000;
const orders = fakeWorkload();

function world() {
  const cluster = fakeCluster(() => NOW);
  cluster.addWorkload(orders);
  const logs = fakeLogs(cluster.reader);
  const around = async () => {
    const heard = await logs.reader.around(orders, NOW, NOW);
    if (!heard.known) throw new Error(heard.why);
    return heard;
  };
  return { cluster, logs, around };
}

describe('the log of a workload', () => {
  it('is not known where nothing was heard of it', async () => {
    const { logs } = world();
    logs.served(NOW, 30, 5, { service: 'catalog' });

    expect(await logs.reader.around(orders, NOW, NOW)).toMatchObject({
      known: false,
      why: expect.stringContaining('no log event of orders was counted since') as string,
    });
  });

  it('counts lines of the quiet time and since apart, with an example', async () => {
    const { logs, around } = world();
    logs.lines('boom', NOW, 30, 2, { level: 'error', pod: 'orders-1' });

    const heard = await around();

    expect(heard.groups).toMatchObject([
      { template: 'boom', before: 30, recent: 30, example: { line: 'boom', pod: 'orders-1' } },
    ]);
    expect(heard).toMatchObject({ quietMinutes: 15, cut: false });
    expect(heard.groups[0]?.firstAt).toBe(heard.recentFrom);
  });

  it('shortens the quiet time to what was read when there is more than can be', async () => {
    const { logs, around } = world();
    for (let route = 0; route < 500; route += 1) {
      logs.lines('boom', NOW, 60, 1, { level: 'error', route: `/r${route}` });
    }

    const heard = await around();

    expect(heard.cut).toBe(true);
    expect(heard.groups.length).toBeLessThanOrEqual(300);
    expect(heard.from).toBeGreaterThan(NOW - 61 * MINUTE_MS);
    expect(heard.from).toBeLessThanOrEqual(heard.recentFrom);
    expect(heard.groups.every(({ before }) => before <= heard.quietMinutes)).toBe(true);
  });

  it('takes no example of another exception for its own where a fitting one is there', async () => {
    const { logs, around } = world();
    logs.lines('failed\nRangeError: a', NOW, 3, 1, { level: 'error', exception: 'RangeError', patternId: 'p' });
    logs.lines('failed\nTypeError: b', NOW, 3, 1, { level: 'error', exception: 'TypeError', patternId: 'p' });

    const { groups } = await around();

    const told = groups.map(({ labels, example }) => [labels.exception, example?.line.split('\n')[1]]);
    expect(Object.fromEntries(told)).toEqual({ RangeError: 'RangeError: a', TypeError: 'TypeError: b' });
  });
});

describe('whose log events are whose', () => {
  const named = (name: string, labels: Record<string, string>) =>
    fakeWorkload({ subject: { name, uid: `uid-${name}` }, labels, selector: labels });

  it('goes by its own name, its labels and the Services that pick its pods', () => {
    const cluster = fakeCluster(() => NOW);
    const api = named('api-v2', { app: 'api' });
    cluster.addWorkload(api);
    cluster.addService({ namespace: 'shop', name: 'public-api', clusterIp: null, selector: { app: 'api' } });
    cluster.addService({ namespace: 'shop', name: 'all', clusterIp: null, selector: {} });

    expect(ownerOf(api, cluster.reader).services.toSorted()).toEqual(['api', 'api-v2', 'public-api']);
  });

  it('leaves a name that others go by as well to nobody', () => {
    const cluster = fakeCluster(() => NOW);
    const api = named('api', { app: 'shop' });
    cluster.addWorkload(api);
    cluster.addWorkload(named('worker', { app: 'shop' }));

    expect(ownerOf(api, cluster.reader).services).toEqual(['api']);
  });

  it('takes events without a namespace only while no other namespace has such a workload', () => {
    const cluster = fakeCluster(() => NOW);
    cluster.addWorkload(orders);
    const alone = ownerOf(orders, cluster.reader).alsoWithoutNamespace;
    cluster.addWorkload(fakeWorkload({ subject: { namespace: 'staging', uid: 'uid-other' } }));

    expect([alone, ownerOf(orders, cluster.reader).alsoWithoutNamespace]).toEqual([true, false]);
  });
});

describe('kinds of trouble', () => {
  const heardWith = async (write: (logs: ReturnType<typeof fakeLogs>) => void): Promise<HeardLogs> => {
    const { logs, around } = world();
    logs.served(NOW, 70, 1);
    write(logs);
    return around();
  };

  it('are one whatever route, status and release; and apart by exception', async () => {
    const heard = await heardWith((logs) => {
      logs.lines('boom', NOW, 2, 3, { status: 500, route: '/a', exception: 'TypeError' });
      logs.lines('boom', NOW, 2, 2, { status: 503, route: '/b', exception: 'TypeError' });
      logs.lines('boom', NOW, 2, 1, { status: 500, route: '/a', exception: 'RangeError' });
    });

    expect(troublesOf(heard).map(({ exception, recent }) => [exception, recent])).toEqual([
      ['TypeError', 10],
      ['RangeError', 2],
    ]);
  });

  it('are measured per minute while they last', async () => {
    const heard = await heardWith((logs) => logs.lines('boom', NOW, 3, 8, { level: 'error' }));

    expect(troublesOf(heard)).toMatchObject([{ recent: 24, perMinute: 8, usualPerMinute: 0 }]);
  });

  it('leave out what is over since before, and the lines that are not told apart', async () => {
    const heard = await heardWith((logs) => {
      logs.lines('long ago', NOW - 20 * MINUTE_MS, 10, 5, { level: 'error' });
      logs.lines('x', NOW, 3, 5, { level: 'error', patternId: 'overflow', template: '<*>' });
    });

    expect(troublesOf(heard)).toEqual([]);
  });
});

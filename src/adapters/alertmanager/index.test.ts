import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BadServer,
  BROKEN_ANSWERS,
  json,
  raw,
  startBadServer,
} from '../../../test/contract/cluster-bad-server.ts';
import { isHaleError } from '../../domain/errors.ts';
import { createAlertmanager, equalMatcher } from './index.ts';

const ALERT = {
  fingerprint: 'f1',
  labels: { alertname: 'Slow', service: 'web' },
  annotations: { summary: 's' },
  startsAt: '2026-01-01T00:00:00.000Z',
  endsAt: '2026-01-01T01:00:00.000Z',
  generatorURL: 'http://prometheus/graph',
  receivers: [{ name: 'hale' }],
  status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] },
};

let server: BadServer;
let reader: ReturnType<typeof createAlertmanager>;

beforeEach(async () => {
  server = await startBadServer(raw(500, ''));
  reader = createAlertmanager({ url: `${server.url}/am/`, timeoutMs: 150 });
});
afterEach(async () => {
  reader.close();
  await server.stop();
});

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  const thrown: unknown = await attempt.then(
    () => new Error('this should have failed'),
    (error: unknown) => error,
  );
  if (!isHaleError(thrown)) throw thrown;
  return thrown.code;
}

describe('active', () => {
  it('asks for active alerts by exact labels and by the receiver as it is, which a webhook escapes already, and reads them', async () => {
    server.answer = json(200, [ALERT]);

    const alerts = await reader.active({ labels: { alertname: 'Slow' }, receiver: 'web\\.hook-1' });

    expect(alerts).toEqual([
      {
        fingerprint: 'f1',
        labels: ALERT.labels,
        annotations: ALERT.annotations,
        startsAt: ALERT.startsAt,
        generatorUrl: ALERT.generatorURL,
      },
    ]);
    expect(server.seen[0]?.path).toBe('/am/api/v2/alerts');
    expect(Object.fromEntries(server.seen[0]?.query ?? [])).toEqual({
      active: 'true',
      silenced: 'false',
      inhibited: 'false',
      unprocessed: 'false',
      receiver: 'web\\.hook-1',
      filter: 'alertname="Slow"',
    });
  });

  it('does not take over alerts that the labels do not select, whatever the server answers', async () => {
    server.answer = json(200, [ALERT, { ...ALERT, fingerprint: 'f2', labels: { alertname: 'Other' } }]);

    const alerts = await reader.active({ labels: { alertname: 'Slow', instance: '' } });

    expect(alerts.map((it) => it.fingerprint)).toEqual(['f1']);
  });

  it.each(BROKEN_ANSWERS)('that is answered with %s is alertmanager-unavailable', async (_what, answer) => {
    server.answer = answer;

    expect(await codeOf(reader.active({ labels: {} }))).toBe('alertmanager-unavailable');
  });

  it.each([400, 401, 404, 302, 500, 503])('that is refused with %d is alertmanager-unavailable', async (status) => {
    server.answer = json(status, {});

    expect(await codeOf(reader.active({ labels: {} }))).toBe('alertmanager-unavailable');
  });

  it.each([
    ['without a fingerprint', { ...ALERT, fingerprint: undefined }],
    ['with labels that are no texts', { ...ALERT, labels: { a: 1 } }],
    ['that is null', null],
  ])('does not pass over an alert %s', async (_what, alert) => {
    server.answer = json(200, [ALERT, alert]);

    expect(await codeOf(reader.active({ labels: {} }))).toBe('alertmanager-unavailable');
  });
});

describe('version', () => {
  it('comes from the status', async () => {
    server.answer = json(200, { versionInfo: { version: '0.28.1' } });

    expect(await reader.version()).toBe('Alertmanager 0.28.1');
    expect(server.seen[0]?.path).toBe('/am/api/v2/status');
  });
});

describe('equalMatcher', () => {
  it.each([
    ['a', 'plain', 'a="plain"'],
    ['a', 'with "quotes"', 'a="with \\"quotes\\""'],
    ['a', 'back\\slash', 'a="back\\\\slash"'],
    ['a', 'two\nlines', 'a="two\\nlines"'],
    ['a', '"} or {b="', 'a="\\"} or {b=\\""'],
    ['http.route', '/x', '"http.route"="/x"'],
  ])('%s = %j', (name, value, matcher) => {
    expect(equalMatcher(name, value)).toBe(matcher);
  });
});

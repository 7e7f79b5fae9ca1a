import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHaleError } from '../domain/errors.ts';
import { alertFingerprint } from './fingerprint.ts';
import { alertOf, bodyOf, LIMITS } from './testing/intake.ts';
import { parseAlertmanagerWebhook, type WebhookBody } from './webhook-body.ts';

function refusal(body: string | Uint8Array): string {
  try {
    parseAlertmanagerWebhook(body, LIMITS);
  } catch (error) {
    if (isHaleError(error, 'body-malformed')) return error.message;
    throw error;
  }
  throw new Error('the body was accepted');
}

describe('a webhook body', () => {
  it('is read, with nanoseconds kept', () => {
    const body = parseAlertmanagerWebhook(Buffer.from(bodyOf([alertOf()], { truncatedAlerts: 3 })), LIMITS);

    expect(body).toEqual<WebhookBody>({
      receiver: 'web\\.hook-1',
      groupLabels: { alertname: 'OrdersPoolWaiting' },
      truncatedAlerts: 3,
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'OrdersPoolWaiting', namespace: 'shop', deployment: 'orders' },
          annotations: { summary: 'orders waits for connections' },
          startsAt: '2026-11-22T07:58:25.736764521Z',
          startedAt: Date.parse('2026-11-22T07:58:25.736Z'),
          generatorUrl: 'http://prometheus:9090/graph?g0.expr=up',
          fingerprint: '752f2388a83769bd',
        },
      ],
    });
  });

  it('may have what Grafana and newer Alertmanagers add', () => {
    const alert = { ...alertOf(), values: { B: 1 }, silenceURL: 'x', dashboardURL: 'x', panelURL: 'x', imageURL: 'x' };
    const more = {
      orgId: 1,
      title: 't',
      state: 'alerting',
      message: 'm',
      notification_reason: 'repeat interval elapsed',
      routeLabels: {},
    };

    expect(parseAlertmanagerWebhook(bodyOf([alert], more), LIMITS).alerts).toHaveLength(1);
  });

  it('gets the fingerprint that Prometheus would give when there is none', () => {
    const alert = alertOf({ labels: { svc: 'x', alertname: 'A' }, fingerprint: '' });

    // From a body that Alertmanager 0.25 sent for these labels.
    expect(parseAlertmanagerWebhook(bodyOf([alert]), LIMITS).alerts[0]?.fingerprint).toBe('752f2388a83769bd');
    expect(alertFingerprint({})).toBe('cbf29ce484222325');
  });

  it.each([
    ['nothing', '', 'not JSON'],
    ['half a body', bodyOf([alertOf()]).slice(0, -9), 'not JSON'],
    ['a list', '[]', 'the body: expected an object, found a list'],
    ['a custom payload', '{"text":"x"}', 'version: expected "4", there is none'],
    ['version 3', bodyOf([], { version: '3' }), 'version: expected "4", found "3"'],
    ['a version that is a number', bodyOf([], { version: 4 }), 'found "4"'],
    ['no alerts', bodyOf([], { alerts: undefined }), 'alerts: expected a list, found nothing'],
    ['an alert that is null', bodyOf([null]), 'alerts[0]: expected an object, found null'],
    [
      'an unknown status',
      bodyOf([{ ...alertOf(), status: 'pending' }]),
      'alerts[0].status: expected "firing" or "resolved", found "pending"',
    ],
    [
      'a label that is a number',
      bodyOf([alertOf(), alertOf({ labels: { a: 1 } })]),
      'alerts[1].labels.a: expected text, found a number',
    ],
    ['no labels', bodyOf([{ ...alertOf(), labels: undefined }]), 'alerts[0].labels: expected an object, found nothing'],
    ['a bad date', bodyOf([alertOf({ startsAt: 'yesterday' })]), 'alerts[0].startsAt: expected a moment such as 2026-'],
    ['a date that cannot be', bodyOf([alertOf({ startsAt: '2026-13-41T00:00:00Z' })]), 'alerts[0].startsAt'],
    ['a date never set', bodyOf([alertOf({ startsAt: '0001-01-01T00:00:00Z' })]), 'alerts[0].startsAt'],
    ['a fingerprint that is a word', bodyOf([alertOf({ fingerprint: 'watchdog' })]), 'alerts[0].fingerprint'],
    ['a fingerprint with separators', bodyOf([alertOf({ fingerprint: 'a|b' })]), 'alerts[0].fingerprint'],
    ['a reserved name', bodyOf([alertOf()]).replace('"deployment"', '"__proto__"'), '__proto__'],
    ['too many alerts', bodyOf(Array.from({ length: 101 }, () => alertOf())), '101 alerts in one body, at most 100'],
    [
      'too many labels',
      bodyOf([alertOf({ labels: Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`l${i}`, ''])) })]),
      '41 entries, at most 40',
    ],
    ['a huge label', bodyOf([alertOf({ labels: { a: 'é'.repeat(600) } })]), 'longer than 1024 bytes'],
    ['a bad count', bodyOf([], { truncatedAlerts: -1 }), 'truncatedAlerts'],
    ['a million lines', '{\n'.repeat(1_000_000), 'not JSON'],
    [
      'deep nesting',
      `{"version":"4","alerts":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      'alerts[0]: expected an object',
    ],
  ])('is refused for %s, and it is said why', (_name, body, why) => {
    const message = refusal(body);

    expect(message).toContain(why);
    expect(message.length).toBeLessThan(500);
  });

  it('that is not JSON is not quoted: it may hold secrets', () => {
    expect(refusal('password=hunter2')).not.toContain('hunter2');
  });

  it('of any JSON is either read whole or refused clearly', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    const alert = fc.record(
      {
        status: fc.oneof(fc.constantFrom('firing', 'resolved'), fc.jsonValue()),
        labels: fc.oneof(fc.dictionary(text, text), fc.jsonValue()),
        annotations: fc.oneof(fc.dictionary(text, text), fc.jsonValue()),
        startsAt: fc.oneof(
          fc.date({ noInvalidDate: true }).map((date) => date.toJSON()),
          fc.jsonValue(),
        ),
        fingerprint: fc.oneof(fc.string(), fc.jsonValue()),
        generatorURL: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record({ version: fc.constantFrom('4', '3'), alerts: fc.oneof(fc.array(alert), fc.jsonValue()) }),
    );

    fc.assert(
      fc.property(body, (given) => {
        try {
          const read = parseAlertmanagerWebhook(JSON.stringify(given), LIMITS);
          const sent = (given as { alerts: { labels: object }[] }).alerts;

          expect(read.alerts).toHaveLength(sent.length);
          for (const [index, one] of read.alerts.entries()) {
            expect(Object.keys(one.labels)).toHaveLength(Object.keys(sent[index]?.labels ?? {}).length);
          }
        } catch (error) {
          if (!isHaleError(error, 'body-malformed')) throw error;
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

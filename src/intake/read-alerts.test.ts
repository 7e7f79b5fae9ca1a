import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Signal } from '../domain/signal.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { observe } from './observation.ts';
import { createAlertReader } from './read-alerts.ts';
import { alertOf, bodyOf, countingIds, LIMITS, START } from './testing/intake.ts';

const reader = createAlertReader({
  redactor: createRedactor(),
  limits: LIMITS,
  watchdogName: 'Watchdog',
  newId: countingIds(),
});
const names = fc.string({ unit: 'binary', maxLength: 40 }).filter((name) => name !== '__proto__');
const record = fc.dictionary(names, fc.string({ unit: 'binary', maxLength: 200 }), { maxKeys: 12 });

it('whatever is read of a body, text and columns together are a signal by its schema', () => {
  fc.assert(
    fc.property(record, record, fc.constantFrom('firing', 'resolved'), (labels, annotations, status) => {
      const body = bodyOf([alertOf({ status, labels, annotations })]);

      const [observed] = observe(reader.read(body).columns, START, () => null);

      const signal = observed?.signal;
      if (signal === undefined || !('text' in signal)) throw new Error('the body held an alert');
      const { text, ...head } = signal;
      const whole = { ...(JSON.parse(text) as object), ...head, incidentId: null };
      expect(Signal.parse(whole)).toEqual(whole);
      // Nothing stands in both: what a column says is said once.
      expect(Object.keys(JSON.parse(text) as object).filter((name) => name in head)).toEqual([]);
    }),
  );
});

it('the alert that must always fire stands in no column, and its resolve is told from its firing', () => {
  const labels = { alertname: 'Watchdog' };

  const { columns } = reader.read(bodyOf([alertOf({ labels }), alertOf(), alertOf({ labels, status: 'resolved' })]));

  expect(columns.watchdog).toEqual({ firing: 1, resolved: 1 });
  expect(columns.names).toEqual(['OrdersPoolWaiting']);
});

it('a body that leaves alerts out says what to ask for them by', () => {
  const { truncated } = reader.read(bodyOf([alertOf()], { truncatedAlerts: 3 }));

  expect(truncated).toEqual({
    count: 3,
    receiver: 'web\\.hook-1',
    groupLabels: { alertname: 'OrdersPoolWaiting' },
    fingerprints: ['752f2388a83769bd'],
  });
  expect(reader.read(bodyOf([alertOf()])).truncated).toBeNull();
});

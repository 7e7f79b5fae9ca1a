import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../domain/finding.ts';
import { Cause } from '../domain/finding.ts';
import { Reason } from '../domain/reason.ts';
import { diagnose as diagnoseAll } from './index.ts';

const diagnose = (findings: readonly Finding[]) => diagnoseAll(findings).causes;

let ids = 0;
function finding(reason: Finding['reason'], name: string, confidence: number, id = `finding-${++ids}`): Finding {
  const subject = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, uid: `uid-${name}` };
  return { id, detector: 'test', reason, subject, confidence, summary: id, figures: { confidence }, evidence: [] };
}

const shown = (causes: readonly Cause[]) => causes.map((cause) => [cause.reason, cause.subject.name, cause.confidence]);

describe('diagnose', () => {
  it('names no cause for symptoms alone', () => {
    expect(diagnose([finding('latency-spike', 'web', 1)])).toEqual([]);
    expect(diagnose([])).toEqual([]);
  });

  it('lets the cause on a callee explain the latency of its caller', () => {
    const causes = diagnose([
      finding('latency-spike', 'web', 0.95, 'slow'),
      finding('connection-pool-waiting', 'orders', 0.9, 'waits'),
    ]);

    expect(causes).toMatchObject([{ subject: { name: 'orders' }, explains: ['waits', 'slow'], summary: 'waits' }]);
  });

  it('ranks by confidence', () => {
    const causes = diagnose([
      finding('connection-pool-waiting', 'orders', 0.6),
      finding('database-connections-exhausted', 'catalog', 0.9),
    ]);

    expect(shown(causes)).toEqual([
      ['database-connections-exhausted', 'catalog', 0.9],
      ['connection-pool-waiting', 'orders', 0.6],
    ]);
  });

  it('puts what is closer to the ground first among equals, then what is nearer to the incident', () => {
    const causes = diagnose([
      finding('connection-pool-waiting', 'web', 0.9),
      finding('connection-pool-waiting', 'orders', 0.94),
      finding('database-connections-exhausted', 'catalog', 0.86),
    ]);

    expect(causes.map((cause) => cause.subject.name)).toEqual(['catalog', 'web', 'orders']);
  });

  it('makes one cause of the same reason on the same subject; the surer finding speaks', () => {
    const causes = diagnose([
      finding('connection-pool-waiting', 'orders', 0.6, 'guess'),
      finding('connection-pool-waiting', 'orders', 0.9, 'sure'),
    ]);

    expect(causes).toMatchObject([
      { confidence: 0.9, summary: 'sure', figures: { confidence: 0.9 }, explains: ['sure', 'guess'] },
    ]);
  });

  it('keeps what the less sure finding knows of the change and its mending', () => {
    const change = { what: 'image a -> b', by: 'helm', at: 1 };
    const object = { kind: 'Pod' as const, namespace: 'shop', name: 'orders-1', uid: 'uid-1' };
    const guess = { ...finding('bad-release', 'orders', 0.6), change, mend: 'kubectl rollout undo', object };

    const [cause] = diagnose([guess, finding('bad-release', 'orders', 0.9, 'sure')]);

    expect(cause).toMatchObject({ summary: 'sure', change, mend: 'kubectl rollout undo', object });
  });

  it('lets what was measured speak before what only a log tells, however sure that is', () => {
    const told = { ...finding('lock-waits', 'orders', 0.9, 'log'), unsettled: 'only lines of a log tell of it' };
    const measured = finding('lock-waits', 'orders', 0.5, 'measured');

    for (const both of [
      [told, measured],
      [measured, told],
    ]) {
      const [cause] = diagnose(both);
      expect(cause).toMatchObject({ confidence: 0.5, summary: 'measured', figures: { confidence: 0.5 } });
      expect(cause?.explains.toSorted()).toEqual(['log', 'measured']);
    }
  });

  it('never blames the pool of a subject whose database has no room, however sure', () => {
    const causes = diagnose([
      finding('connection-pool-waiting', 'orders', 0.99, 'waits'),
      finding('database-connections-exhausted', 'orders', 0.5, 'full'),
    ]);

    expect(causes).toMatchObject([{ reason: 'database-connections-exhausted', explains: ['full', 'waits'] }]);
  });

  it('gives valid, ranked causes with one key each, for any findings', () => {
    const anyFinding = fc
      .tuple(
        fc.constantFrom(...Reason.options),
        fc.constantFrom('web', 'orders', 'catalog'),
        fc.double({ min: 0, max: 1, noNaN: true }),
      )
      .map(([reason, name, confidence]) => finding(reason, name, confidence));

    fc.assert(
      fc.property(fc.array(anyFinding, { maxLength: 12 }), (findings) => {
        const causes = diagnose(findings);
        const keys = causes.map((cause) => `${cause.reason}/${cause.subject.uid}`);
        const known = new Set(findings.map((one) => one.id));

        expect(causes.map((cause) => Cause.parse(cause))).toEqual(causes);
        expect(new Set(keys).size).toBe(keys.length);
        const sureness = causes.map((cause) => Math.round(cause.confidence * 10));
        expect(sureness).toEqual(sureness.toSorted((a, b) => b - a));
        expect(causes.every((cause) => cause.explains.every((id) => known.has(id)))).toBe(true);
      }),
    );
  });
});

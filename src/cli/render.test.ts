import { describe, expect, it } from 'vitest';
import type { CallEdge, CallGraph } from '../domain/call-graph.ts';
import type { IncidentDossier, IncidentWhy, StatusReport } from '../operations/results.ts';
import {
  auditOf,
  CAUSE,
  FINDING,
  healedIncident,
  incidentOf,
  planOf,
  returnOf,
  START,
} from '../operations/testing/records.ts';
import { renderIncident } from './render-incident.ts';
import { renderFreeze, renderIncidents, renderObligations, renderStatus } from './render-incidents.ts';
import { dotOf, renderTopology } from './render-topology.ts';
import { renderWhy } from './render-why.ts';

const PHONE = { color: false, width: 48 };
const WIDE = { color: false, width: 120 };
const NOW = START + 600_000;
const summary = {
  id: 'incident-0001',
  title: 'OrdersPoolWaiting',
  purpose: 'heal',
  subject: null,
  phase: 'held',
  phaseSince: START,
  openedAt: START,
  closedAt: null,
  cause: null,
  plan: null,
  outcome: null,
} as const;

function dossierOf(change: Partial<IncidentDossier> = {}): IncidentDossier {
  return {
    now: NOW,
    incident: incidentOf(),
    lever: 'more replicas',
    timeline: [],
    timelineCut: false,
    readings: [],
    narrative: null,
    hypotheses: [],
    evidence: [],
    intents: [],
    obligations: [],
    ...change,
  };
}

describe('show', () => {
  it('of a plan that waits says the cause, the lever, the digest and what to do', () => {
    const text = renderIncident(WIDE, dossierOf()).join('\n');

    for (const part of [
      'held for 9 min',
      'connection-pool-waiting',
      '11 requests waiting',
      'more replicas',
      planOf().digest.slice(0, 12),
      'approval-awaited',
      'hale approve incident-0001',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('says what the alerts mean, and by what that is told', () => {
    const alerts = [
      { name: 'OrdersSlow', class: 'latency', margin: 0.8, because: ['a quantile of x', 'second', 'third'] },
    ];
    const text = renderIncident(WIDE, dossierOf({ incident: incidentOf({ alerts } as never) })).join('\n');

    expect(text).toContain('OrdersSlow');
    expect(text).toMatch(/latency +a quantile of x; second/);
  });

  it('of a healed one shows the chart with the action, and what is owed', () => {
    const readings = [0.91, 0.4, null, 0.12].map((indicator, index) => ({
      at: START + (index + 1) * 60_000,
      indicator,
      trafficPerS: 40,
    }));
    const intent = {
      id: 'intent-1',
      idempotencyKey: 'k',
      incidentId: 'incident-0001',
      planId: 'plan-1',
      planDigest: planOf().digest,
      remediation: 'scale-workload',
      direction: 'apply',
      subject: planOf().subject,
      params: {},
      checkpoint: {},
      committedAt: START + 60_000,
      deadline: START + 90_000,
      outcome: { result: 'applied', at: START + 61_000, detail: '' },
    } as const;
    const text = renderIncident(
      PHONE,
      dossierOf({ incident: healedIncident(), readings, intents: [intent], obligations: [returnOf()] }),
    ).join('\n');

    for (const part of [
      '910 ms │',
      '^ apply',
      'the last: 120 ms',
      'applied',
      'return, due 2026-11-22 03:34:00Z',
      '910 ms -> 120 ms',
    ]) {
      expect(text).toContain(part);
    }
    expect(
      Math.max(
        ...text
          .split('\n')
          .filter((line) => line.includes('│'))
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(PHONE.width);
  });

  it('without a cause says what was found', () => {
    const text = renderIncident(WIDE, dossierOf({ incident: incidentOf({ causes: [] }), lever: null })).join('\n');

    expect(text).toContain(`no cause; found: ${FINDING.summary}`);
  });
});

const TRACED = {
  ...CAUSE,
  change: { what: 'image orders:2.3.9 -> orders:2.4.0', by: 'helm', at: START },
  mend: 'kubectl -n shop rollout undo deployment/orders\nkubectl -n shop rollout status deployment/orders',
};

describe('the change that did it', () => {
  it('is shown with the commands that mend it, one a line', () => {
    const text = renderIncident(WIDE, dossierOf({ incident: incidentOf({ causes: [TRACED] }) })).join('\n');

    expect(text).toContain('changed: image orders:2.3.9 -> orders:2.4.0, by helm at 2026-11-22 ');
    expect(text).toContain(
      '\n  kubectl -n shop rollout undo deployment/orders\n  kubectl -n shop rollout status deployment/orders\n',
    );
  });
});

describe('why', () => {
  const why: IncidentWhy = {
    incident: summary,
    findings: [FINDING],
    causes: [{ ...TRACED, lever: 'more replicas' }],
    policies: [
      {
        id: 'scale-out',
        description: '',
        file: 'a.yaml',
        mode: 'auto',
        inForce: 'observe',
        decidedBy: 'autonomy.default',
        matches: true,
        why: 'its condition holds now',
        ladder: [{ remediation: 'scale-workload', plan: 'denied' }],
      },
      {
        id: 'other',
        description: '',
        file: 'b.yaml',
        mode: 'auto',
        inForce: 'auto',
        decidedBy: 'policy',
        matches: null,
        why: 'cannot be judged',
        ladder: [],
      },
    ],
    plan: planOf(),
    gates: [
      { gate: 'cooldown', at: START, protectsFrom: '', verdict: { verdict: 'pass', reason: 'ok' } },
      {
        gate: 'capacity-guard',
        at: START,
        protectsFrom: '',
        verdict: { verdict: 'deny', reason: 'capacity-exceeded', value: 110, limit: 97, unblockedBy: 'a smaller pool' },
      },
    ],
    decisions: [auditOf('remediation-declined', 'scale-workload: at its ceiling')],
    unblockedBy: ['capacity-guard: a smaller pool'],
  };

  it('lists policy by policy and gate by gate, with value, limit and what would unblock it', () => {
    const lines = renderWhy(WIDE, why);

    expect(lines.find((line) => line.startsWith('scale-out'))).toMatch(
      /yes +observe +its condition holds now; scale-workload \(denied\); mode by autonomy\.default/,
    );
    expect(lines.find((line) => line.startsWith('other'))).toContain('unknown');
    expect(lines.find((line) => line.startsWith('capacity-guard  DENY'))).toMatch(
      /capacity-exceeded +110; limit 97; -> a smaller pool/,
    );
    expect(lines.join('\n')).toContain('at its ceiling');
    expect(lines).toContain('    kubectl -n shop rollout undo deployment/orders');
  });
});

describe('lists', () => {
  it('of incidents and obligations say so when they are empty', () => {
    expect(renderIncidents(WIDE, { now: NOW, incidents: [] })).toEqual(['no incidents']);
    expect(renderObligations(WIDE, { now: NOW, obligations: [] })).toEqual(['nothing is owed']);
  });

  it('name age, phase and due time', () => {
    expect(renderIncidents(WIDE, { now: NOW, incidents: [{ ...summary, outcome: 'healed' }] })[1]).toMatch(
      /^incident +10 min ago +held .*OrdersPoolWaiting: healed$/,
    );
    expect(renderObligations(WIDE, { now: NOW, obligations: [returnOf()] })[1]).toMatch(/return +open +in 20 min/);
  });
});

describe('status', () => {
  const status: StatusReport = {
    version: '0.1.0',
    startedAt: START,
    now: NOW,
    incidents: { held: 2 },
    obligations: {},
    freeze: { frozen: true, by: 'platform', reason: 'migration', stored: null, configMap: 'hale/hale-freeze' },
    store: { writable: false, bytes: 1_048_576, rows: {} },
    cluster: { state: 'behind', since: START, detail: 'pods: no contact' },
    model: null,
    scan: { at: 0, workloads: 2, series: 20, stateBytes: 80_000, left: ['12 series: too-many-series'] },
    policies: [],
    lowered: [{ policyId: '*', namespace: 'shop', mode: 'observe', by: 'platform', reason: 'too eager', at: START }],
  };

  it('shows what is wrong in words', () => {
    const text = renderStatus(WIDE, status).join('\n');

    for (const part of [
      'FROZEN by platform: migration',
      'CANNOT BE WRITTEN',
      'behind: pods: no contact',
      '2 held',
      'lowered: * in shop to observe',
    ]) {
      expect(text).toContain(part);
    }
  });

  it.each([
    [false, 'not frozen'],
    [null, 'nothing is acted upon'],
  ])('of a freeze that is %s', (frozen, says) => {
    expect(renderFreeze({ ...status.freeze, frozen }).join('\n')).toContain(says);
  });
});

describe('topology', () => {
  const node = (id: string, kind: 'workload' | 'database' = 'workload') => ({ id, kind, name: id, subject: null });
  const edge = (from: string, to: string, change: Partial<CallEdge> = {}): CallEdge => ({
    from,
    to,
    kind: 'request',
    sources: ['client-metrics'],
    live: true,
    hourAgo: true,
    ...change,
  });
  const graph: CallGraph = {
    at: START,
    nodes: [node('web'), node('orders'), node('catalog'), node('db', 'database')],
    edges: [
      edge('web', 'orders'),
      edge('web', 'catalog', { hourAgo: false }),
      edge('orders', 'db', { kind: 'database', live: false, sources: ['environment'], hourAgo: null }),
      edge('catalog', 'orders'),
    ],
    notices: ['metrics could not be read'],
  };

  it('draws a tree from whom nobody calls; what is drawn once is only named after', () => {
    const lines = renderTopology(WIDE, graph);
    const tree = lines.slice(lines.indexOf('web'), lines.indexOf('', lines.indexOf('web')));

    expect(tree).toEqual([
      'web',
      '├─ orders  (request, client-metrics)',
      '│  └─ db  (database, configured, environment)',
      '└─ catalog  (request, new, client-metrics)',
      '   └─ orders  (request, client-metrics)',
      '      ... as above',
    ]);
    expect(lines).toContain('! metrics could not be read');
  });

  it('ends in a circle of calls', () => {
    const circle = { ...graph, edges: [edge('web', 'orders'), edge('orders', 'web')], notices: [] };

    expect(renderTopology(WIDE, circle).filter((line) => line.includes('as above'))).toHaveLength(1);
  });

  it('quotes hostile names in a graph for Graphviz', () => {
    const hostile = { ...graph, nodes: [node('a"]; x [label="y')], edges: [edge('a"]; x [label="y', 'b\\')] };

    expect(dotOf(hostile).slice(2, -1)).toEqual([
      '  "a\\"]; x [label=\\"y" [shape=box, label="a\\"]; x [label=\\"y"];',
      '  "a\\"]; x [label=\\"y" -> "b\\\\" [label="request"];',
    ]);
  });
});

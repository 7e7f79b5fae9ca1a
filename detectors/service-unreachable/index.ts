import { commandText } from '../../src/domain/command-text.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { ServiceView, WorkloadView } from '../../src/ports/cluster.ts';
import type { ClosedService } from './closed-services.ts';
import { closedServices } from './closed-services.ts';
import type { LostService } from './lost-services.ts';
import { isCalledBy, lostServices } from './lost-services.ts';
import { ServiceUnreachableConfig } from './schema.ts';

export const serviceUnreachable = defineDetector<ServiceUnreachableConfig>({
  id: 'service-unreachable',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: ServiceUnreachableConfig,
  async detect(incident, config, ctx) {
    const { subject, workload } = incident;
    const lost = lostServices(subject.namespace, ctx.cluster, config.maxServices).flatMap((one) => {
      const isOwn = one.workload.subject.uid === subject.uid;
      return isOwn || isCalledBy(workload, one.service) ? [findingOf(one, isOwn, ctx)] : [];
    });
    // Who is called by name is looked at too: the caller is who feels it.
    const called = ctx.cluster.workloads(subject.namespace).filter((one) => {
      if (one.subject.uid === subject.uid) return false;
      return ctx.cluster
        .services(subject.namespace)
        .some((service) => isFor(service, one) && isCalledBy(workload, service));
    });
    const findings: Finding[] = [...lost];
    for (const one of [workload, ...called].slice(0, config.maxWorkloads)) {
      const isOwn = one.subject.uid === subject.uid;
      for (const closed of await closedServices(one, config, ctx)) {
        if (isOwn || isCalledBy(workload, closed.service)) findings.push(closedFinding(closed, ctx));
      }
    }
    return findings;
  },
});

function isFor({ selector }: ServiceView, { selector: labels }: WorkloadView): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** Without an address it leads nowhere for sure; with one somebody may still listen on an undeclared port. */
function closedFinding(
  { service, workload, why, endpoints }: ClosedService,
  ctx: Pick<ReadContext, 'keep' | 'newId'>,
): Finding {
  const { subject } = workload;
  const { namespace, name } = service;
  const where = `Service ${namespace}/${name}`;
  const kept = ctx.keep({
    kind: 'cluster-object',
    source: 'kubernetes',
    title: `${where} leads nowhere`,
    query: where,
    body: { ports: service.ports, endpoints, why },
  });
  const base = {
    id: ctx.newId(),
    detector: 'service-unreachable',
    reason: 'service-unreachable' as const,
    subject,
    evidence: [kept],
    figures: {
      readyReplicas: workload.readyReplicas,
      ...(endpoints === null ? {} : { endpointsReady: endpoints.ready }),
    },
  };
  if (why.what === 'policy') {
    const { policy } = why;
    return {
      ...base,
      confidence: 0.85,
      summary: `${subjectName(subject)}: NetworkPolicy ${policy.name} lets nothing in to the pods of ${where}`,
      change: { what: `NetworkPolicy ${policy.name} created`, by: null, at: policy.createdAt },
      mend: commandText('kubectl', '-n', namespace, 'delete', 'networkpolicy', policy.name),
    };
  }
  const listens = why.listensOn.map((one) => (one.name === '' ? String(one.port) : `${one.port} (${one.name})`));
  const [only] = why.listensOn;
  const to = why.listensOn.length === 1 && only ? only.port : null;
  const index = service.ports.findIndex(({ port }) => port === why.port);
  const patch = JSON.stringify([{ op: 'replace', path: `/spec/ports/${index}/targetPort`, value: to }]);
  return {
    ...base,
    confidence: endpoints === null || endpoints.ready === 0 || !/^\d+$/.test(why.leadsTo) ? 0.9 : 0.75,
    summary: `${subjectName(subject)}: ${where} leads port ${why.port} to ${why.leadsTo}, its containers listen on ${listens.slice(0, 4).join(', ')}`,
    mend:
      to === null
        ? commandText('kubectl', '-n', namespace, 'edit', 'service', name)
        : commandText('kubectl', '-n', namespace, 'patch', 'service', name, '--type=json', '-p', patch),
  };
}

/** Told on the workload that is cut off. A Service that the environment names is called in all likelihood. */
function findingOf(
  { service, workload, wrong }: LostService,
  isOwn: boolean,
  ctx: Pick<ReadContext, 'keep' | 'newId'>,
): Finding {
  const { subject } = workload;
  const { namespace, name, selector } = service;
  const kept = ctx.keep({
    kind: 'cluster-object',
    source: 'kubernetes',
    title: `Service ${namespace}/${name} selects no pod`,
    query: `Service ${namespace}/${name}`,
    body: {
      selector,
      workload: subjectName(subject),
      podLabels: workload.selector,
      readyReplicas: workload.readyReplicas,
    },
  });
  const differences = wrong.map(
    ({ label, selects, has }) => `${label}=${selects}, its pods have ${has === null ? 'none' : has}`,
  );
  // Every label that is wrong is set to what the pods have, or taken out of the selector.
  const patch = JSON.stringify({ spec: { selector: Object.fromEntries(wrong.map(({ label, has }) => [label, has])) } });
  return {
    id: ctx.newId(),
    detector: 'service-unreachable',
    reason: 'service-unreachable',
    subject,
    confidence: isOwn ? 0.9 : 0.85,
    summary: `${subjectName(subject)}: Service ${namespace}/${name} has no address: it selects ${differences.join('; ')}`,
    figures: { readyReplicas: workload.readyReplicas, wrongLabels: wrong.length },
    evidence: [kept],
    mend: commandText('kubectl', '-n', namespace, 'patch', 'service', name, '-p', patch),
  };
}

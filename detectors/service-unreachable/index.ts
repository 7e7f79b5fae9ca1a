import { commandText } from '../../src/domain/command-text.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
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
    const lost = lostServices(subject.namespace, ctx.cluster, config.maxServices);
    return lost.flatMap((one) => {
      const isOwn = one.workload.subject.uid === subject.uid;
      return isOwn || isCalledBy(workload, one.service) ? [findingOf(one, isOwn, ctx)] : [];
    });
  },
});

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

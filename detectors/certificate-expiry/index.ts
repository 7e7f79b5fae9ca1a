import { commandText } from '../../src/domain/command-text.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { IncidentView, ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import { wholeSecond } from '../../src/workload-metrics/index.ts';
import type { Certificate } from './certificates.ts';
import { certificateOf, certificatesQuery } from './certificates.ts';
import { concerns } from './concerns.ts';
import { CertificateExpiryConfig } from './schema.ts';

const DAY_S = 86_400;

export const certificateExpiry = defineDetector<CertificateExpiryConfig>({
  id: 'certificate-expiry',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: CertificateExpiryConfig,
  async detect(incident, config, ctx) {
    const at = wholeSecond(ctx.now());
    const query = certificatesQuery(Math.floor(config.within / 1000));
    const answer = await ctx.metrics.instant(query, at);
    const evidence = [ctx.metrics.evidenceOf(query) ?? []].flat();

    const findings: Finding[] = [];
    const told = new Set<string>();
    for (const { labels, value } of answer.series) {
      const certificate = certificateOf(labels, value);
      if (certificate === null || told.has(certificate.name)) continue;
      const link = concerns(certificate, incident, ctx.cluster);
      if (link === null) continue;
      told.add(certificate.name);
      findings.push(findingOf({ certificate, link, incident, at, evidence, ctx }));
    }
    return findings.toSorted((a, b) => (a.figures.endsInSeconds ?? 0) - (b.figures.endsInSeconds ?? 0));
  },
});

interface Told {
  readonly certificate: Certificate;
  readonly link: 'alerted' | 'used';
  readonly incident: IncidentView;
  readonly at: number;
  readonly evidence: string[];
  readonly ctx: Pick<ReadContext, 'newId'>;
}

function findingOf({ certificate, link, incident, at, evidence, ctx }: Told): Finding {
  const endsInSeconds = certificate.endsAt - at / 1000;
  const days = Math.abs(endsInSeconds / DAY_S);
  const span = days >= 2 ? `${Math.floor(days)} days` : `${Math.round(days * 24)} hours`;
  const when = endsInSeconds <= 0 ? `ended ${span} ago` : `ends in ${span}`;
  return {
    id: ctx.newId(),
    detector: 'certificate-expiry',
    reason: 'certificate-expiring',
    subject: incident.subject,
    confidence: confidenceOf(endsInSeconds, link),
    summary: `${subjectName(incident.subject)}: certificate ${certificate.name} ${when}`,
    figures: { endsInSeconds, endsAt: certificate.endsAt },
    evidence,
    mend: mendOf(certificate),
  };
}

/** One that still holds explains nothing of what users feel now, unless the alert is about it. */
function confidenceOf(endsInSeconds: number, link: Told['link']): number {
  if (endsInSeconds <= 0) return link === 'alerted' ? 0.97 : 0.9;
  if (link === 'alerted') return 0.9;
  return endsInSeconds <= DAY_S ? 0.5 : 0.3;
}

function mendOf({ manager, namespace, object, address }: Certificate): string {
  if (manager === 'cert-manager' && namespace !== null && object !== null) {
    return `${commandText('kubectl', '-n', namespace, 'describe', 'certificate', object)}\n${commandText('cmctl', '-n', namespace, 'renew', object)}`;
  }
  if (namespace !== null && object !== null) {
    return `${commandText('kubectl', '-n', namespace, 'get', 'certificates,ingresses', '-o', 'wide')}  # what issues secret ${JSON.stringify(object)}?`;
  }
  const host = address ?? 'HOST:443';
  return commandText('openssl', 's_client', '-connect', host.includes(':') ? host : `${host}:443`, '-showcerts');
}

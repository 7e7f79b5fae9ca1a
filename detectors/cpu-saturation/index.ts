import { commandText } from '../../src/domain/command-text.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { IncidentView, ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import type { UsersState } from '../../src/workload-metrics/index.ts';
import { isServing, readSeries, readUsers } from '../../src/workload-metrics/index.ts';
import type { LatestChange } from '../../src/workload-traces/index.ts';
import { latestChange } from '../../src/workload-traces/index.ts';
import { CPU_NAMINGS } from './cpu-series.ts';
import type { Saturation } from './judge.ts';
import { judge } from './judge.ts';
import { CpuSaturationConfig } from './schema.ts';

const WINDOW = { backMs: 180_000, stepMs: 15_000, only: 'resource=~"|cpu"' } as const;

const CHANGED_WITHIN_MS = 6 * 3_600_000;

export const cpuSaturation = defineDetector<CpuSaturationConfig>({
  id: 'cpu-saturation',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  explains: ['cpu', 'capacity'],
  config: CpuSaturationConfig,
  async detect(incident, config, ctx) {
    const { subject } = incident;
    const { query, series, at } = await readSeries(subject, CPU_NAMINGS, WINDOW, ctx);
    const saturation = judge(series, at, config);
    if (saturation === null) return [];

    // A full processor is what a batch job is for: it is a cause only where somebody waits for it.
    const users = await readUsers(incident, ctx);
    const confidence = confidenceOf(saturation, users, incident, ctx);
    if (confidence === null) return [];
    const latest = await latestChange(incident.workload, ctx);
    const change = latest && isLimitChange(latest, ctx.now()) ? latest.change : null;
    const evidence = [query, ...users.queries].flatMap((one) => ctx.metrics.evidenceOf(one) ?? []);
    return [
      {
        id: ctx.newId(),
        detector: 'cpu-saturation',
        reason: 'cpu-saturated',
        subject,
        confidence,
        summary: summaryOf(subject, saturation, users),
        figures: figuresOf(saturation, users),
        evidence,
        ...doubtOf(incident, ctx),
        ...(change ? { change } : {}),
        ...raise(incident.workload, saturation),
      },
    ];
  },
});

/** An autoscaler decides every 15 s, and what it adds takes a while to serve. */
const AUTOSCALER_HAS_MS = 180_000;

/** What an autoscaler may still add, or may not add, is told apart only once it had the time to. */
function doubtOf(
  { subject, since }: IncidentView,
  ctx: Pick<ReadContext, 'cluster' | 'now'>,
): Pick<Finding, 'unsettled'> {
  const autoscaler = ctx.cluster.autoscalerOf(subject);
  if (autoscaler === null || ctx.now() - since >= AUTOSCALER_HAS_MS) return {};
  return { unsettled: `${autoscaler.by} ${autoscaler.name} may still add replicas, or be at its maximum` };
}

function confidenceOf(
  { by }: Saturation,
  users: UsersState,
  incident: IncidentView,
  ctx: Pick<ReadContext, 'cluster'>,
): number | null {
  if (users.state === 'well') return null;
  if (users.state === 'hurt') return by === 'event-loop' ? 0.8 : 0.85;
  return isServing(incident.workload, ctx.cluster) ? 0.5 : null;
}

/** Only a change of what it may use, or of what it runs, explains that it has become too little; and not one of yesterday. */
function isLimitChange({ change, before }: LatestChange, now: number): boolean {
  if (before === null || change.at === null || now - change.at > CHANGED_WITHIN_MS) return false;
  return change.what.includes('cpu limit') || change.what.includes('image ');
}

/** Half as much again, where the limit is what it runs against; an event loop uses one core however many there are. */
function raise({ subject, containers }: WorkloadView, { by, worst }: Saturation): { mend?: string } {
  const { container, limitCores } = worst;
  if (by === 'event-loop' || limitCores === null || !containers.some(({ name }) => name === container)) return {};
  const { kind, namespace, name } = subject;
  const words = ['kubectl', '-n', namespace, 'set', 'resources', `${kind.toLowerCase()}/${name}`, '-c', container];
  return { mend: commandText(...words, `--limits=cpu=${Math.ceil(limitCores * 1500)}m`) };
}

function summaryOf(subject: Subject, { by, saturatedPods, pods, worst }: Saturation, users: UsersState): string {
  const where = worst.container === '' ? worst.pod : `container ${worst.container} of ${worst.pod}`;
  const used = worst.usedShare === null ? '' : ` at ${percent(worst.usedShare)} of its CPU`;
  const limit = worst.limitCores === null ? '' : ` (limit ${shown(worst.limitCores)} cores)`;
  const throttled = worst.throttledShare === null ? '' : `, throttled in ${percent(worst.throttledShare)} of periods`;
  const loop = by === 'event-loop' ? `, event loop ${loopText(worst)}` : '';
  return `${subjectName(subject)}: ${saturatedPods} of ${pods} pods out of CPU; ${where}${used}${limit}${throttled}${loop}; ${users.because}`;
}

function loopText({ loopUtilization, loopLagSeconds }: Saturation['worst']): string {
  const busy = loopUtilization === null ? [] : [`${percent(loopUtilization)} busy`];
  const late = loopLagSeconds === null ? [] : [`${shown(loopLagSeconds)} s late`];
  return [...busy, ...late].join(' and ');
}

function figuresOf({ saturatedPods, pods, worst }: Saturation, users: UsersState): Record<string, number> {
  const { usedCores, limitCores, usedShare, throttledShare, loopUtilization, loopLagSeconds } = worst;
  const told = { usedCores, limitCores, usedShare, throttledShare, loopUtilization, loopLagSeconds };
  const known = Object.entries(told).filter((entry): entry is [string, number] => entry[1] !== null);
  return { saturatedPods, pods, ...Object.fromEntries(known), ...users.figures };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(2)));
}

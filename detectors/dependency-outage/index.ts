import { commandText } from '../../src/domain/command-text.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import { createCallEnds } from '../../src/topology/index.ts';
import { readCalls } from '../../src/workload-metrics/index.ts';
import { latestChange } from '../../src/workload-traces/index.ts';
import type { Outage } from './judge.ts';
import { judge } from './judge.ts';
import { DependencyOutageConfig } from './schema.ts';

const CHANGED_WITHIN_MS = 60 * 60_000;

export const dependencyOutage = defineDetector<DependencyOutageConfig>({
  id: 'dependency-outage',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: DependencyOutageConfig,
  async detect(incident, config, ctx) {
    const callees = config.depth === 0 ? [] : await ctx.topology.calleesOf(incident.workload, config.depth);
    const findings: Finding[] = [];
    for (const caller of [incident.workload, ...callees].slice(0, config.maxWorkloads)) {
      const reading = await readCalls(caller.subject, ctx);
      const { at, from } = reading;
      for (const calls of reading.calls) {
        const outage = judge(calls, { at, from, since: incident.since }, config);
        if (outage === null) continue;
        findings.push(await findingOf({ outage, caller, address: calls.address, queries: reading.queries, ctx }));
      }
    }
    return findings;
  },
});

interface Told {
  readonly outage: Outage;
  readonly caller: WorkloadView;
  readonly address: string;
  readonly queries: readonly string[];
  readonly ctx: ReadContext;
}

/** On the workload that is called, where Kubernetes knows one; else on the caller, with the address named. */
async function findingOf({ outage, caller, address, queries, ctx }: Told): Promise<Finding> {
  const callee = calleeAt(address, caller, ctx);
  const changed = await changeBehind(callee, caller, ctx);
  const { reason, ...told } = outage;
  const figures = Object.entries(told).filter((entry): entry is [string, number] => entry[1] !== null);
  return {
    id: ctx.newId(),
    detector: 'dependency-outage',
    reason,
    subject: (callee ?? caller).subject,
    confidence: confidenceOf(outage, callee !== null),
    summary: `${subjectName(caller.subject)}: ${seen(outage, callee === null ? address : subjectName(callee.subject))}`,
    figures: Object.fromEntries(figures),
    evidence: queries.flatMap((query) => ctx.metrics.evidenceOf(query) ?? []),
    ...changed,
  };
}

/**
 * A new template of what is called, or other variables of the caller, which may name another address: lately, and in that order. The way back
 * is the mending of it.
 */
async function changeBehind(
  callee: WorkloadView | null,
  caller: WorkloadView,
  ctx: ReadContext,
): Promise<Pick<Finding, 'change' | 'mend'>> {
  for (const workload of callee === null ? [caller] : [callee, caller]) {
    const latest = await latestChange(workload, ctx);
    if (latest === null || latest.before === null) continue;
    const { change, before } = latest;
    if (change.at === null || ctx.now() - change.at > CHANGED_WITHIN_MS) continue;
    if (workload === caller && !change.what.includes('env ')) continue;
    const { kind, namespace, name } = workload.subject;
    const object = `${kind.toLowerCase()}/${name}`;
    const undo = commandText('kubectl', '-n', namespace, 'rollout', 'undo', object, `--to-revision=${before.revision}`);
    return { change: { ...change, what: `${subjectName(workload.subject)}: ${change.what}` }, mend: undo };
  }
  return {};
}

function calleeAt(address: string, caller: WorkloadView, ctx: Pick<ReadContext, 'cluster'>): WorkloadView | null {
  const callee = createCallEnds(ctx.cluster).workloadAt(address, caller.subject.namespace);
  return callee?.subject.uid === caller.subject.uid ? null : callee;
}

/**
 * That nobody answers is a fact; that a workload answers with errors or late has a reason inside it, which other detectors know better. What is outside
 * of the cluster nobody here can look into: then this is the cause that can be told.
 */
function confidenceOf({ reason, unreachableShare }: Outage, isWorkload: boolean): number {
  if (reason === 'dependency-slow') return isWorkload ? 0.55 : 0.7;
  if (unreachableShare >= 0.5) return isWorkload ? 0.8 : 0.9;
  return isWorkload ? 0.6 : 0.85;
}

function seen(outage: Outage, callee: string): string {
  const { reason, failedShare, unreachableShare, callsPerS, meanSeconds, usualSeconds } = outage;
  if (reason === 'dependency-slow') {
    return `calls to ${callee} take ${shown(meanSeconds)} s, usually ${shown(usualSeconds)} s, at ${shown(callsPerS)} calls/s`;
  }
  const how = unreachableShare >= failedShare / 2 ? 'fail without an answer' : 'fail';
  return `${Math.round(failedShare * 100)} % of ${shown(callsPerS)} calls/s to ${callee} ${how}`;
}

function shown(value: number | null): string {
  return value === null ? 'unknown' : String(Number(value.toPrecision(2)));
}

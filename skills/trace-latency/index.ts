import { HaleError } from '../../src/domain/errors.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineSkill } from '../../src/plugin/skill.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import { type MeasuredHop, measureHop } from './measure.ts';
import { type Hop, TraceLatencyInput, TraceLatencyOutput, type Wait } from './schema.ts';

/** Slower by less than this is not slower: as in the detector of latency. */
const SLOWER = { ratio: 1.3, seconds: 0.01 };
/** Of the growth that the caller sees, so much has to be seen by the callee itself, or the time is lost between them. */
const EXPLAINED = 0.5;

/** Follows the growth of a request's time along its calls to the place where it is spent. */
export const traceLatency = defineSkill<TraceLatencyInput, TraceLatencyOutput>({
  id: 'trace-latency',
  summary: 'follows a slow workload along its calls to the place where the time is spent',
  needs: [],
  input: TraceLatencyInput,
  output: TraceLatencyOutput,
  async run(input, ctx) {
    let hop = await measureHop(findWorkload(input.workload, ctx), input.sinceMinutes, ctx);
    const hops: MeasuredHop[] = [hop];
    let verdict: Verdict | null = null;
    while (verdict === null) {
      const seen = new Set(hops.map((one) => one.hop.workload));
      const step = judge(hop, { seen, last: hops.length > input.depth });
      if ('follow' in step) {
        const callee = await measureHop(step.callee, input.sinceMinutes, ctx);
        verdict = lostBetween(hop.hop, step.follow, callee.hop);
        hops.push(callee);
        hop = callee;
      } else verdict = step;
    }
    return {
      hops: hops.map(({ hop }) => hop),
      ...verdict,
      evidence: [
        ...new Set(hops.flatMap(({ queries }) => queries).flatMap((query) => ctx.metrics.evidenceOf(query) ?? [])),
      ],
      notices: hops.flatMap(({ hop }) => noticesOf(hop)),
    };
  },
  render: ({ hops, says, notices }) => [
    says,
    '',
    ...hops.flatMap(linesOf),
    ...(notices.length === 0 ? [] : ['', ...notices.map((notice) => `! ${notice}`)]),
  ],
});

type Verdict = Pick<TraceLatencyOutput, 'where' | 'at' | 'says'>;
type Step = Verdict | { readonly follow: Wait; readonly callee: WorkloadView };

function findWorkload(text: string, { cluster }: ReadContext): WorkloadView {
  const [, kind, namespace = '', name = ''] = /^(?:(\w+) )?([^/]+)\/(.+)$/.exec(text) ?? [];
  const kinds = kind === undefined ? ['Deployment', 'StatefulSet', 'DaemonSet'] : [kind];
  for (const one of kinds) {
    const found = cluster.workload({ namespace, kind: one, name });
    if (found !== null) return found;
  }
  const near = cluster.workloads(namespace).map(({ subject }) => `${subject.namespace}/${subject.name}`);
  const known =
    near.length === 0 ? 'Hale sees no workload in that namespace' : `it has ${near.slice(0, 20).join(', ')}`;
  throw new HaleError('not-found', `there is no workload ${text}; ${known}`);
}

/** Where the growth of this workload's time is: inside, or in the wait that grew most. */
function judge({ hop, callees }: MeasuredHop, { seen, last }: { seen: ReadonlySet<string>; last: boolean }): Step {
  const { workload, now, before } = hop;
  if (now === null || before === null)
    return { where: 'unknown', at: workload, says: `${workload}: its requests are not measured, now or before` };
  if (!isSlower(now, before))
    return {
      where: 'not-slower',
      at: workload,
      says: `${workload}: ${shown(now)} a request, ${shown(before)} before: not slower`,
    };
  const insideRise = (hop.insideNow ?? 0) - (hop.insideBefore ?? 0);
  const most = hop.waits.toSorted((a, b) => riseOf(b) - riseOf(a))[0];
  if (most === undefined || riseOf(most) <= insideRise)
    return {
      where: 'inside',
      at: workload,
      says: `the time is spent inside ${workload}: ${shown(hop.insideNow)} a request, ${shown(hop.insideBefore)} before`,
    };
  const callee = callees.get(most.to);
  if (callee === undefined || last || seen.has(subjectName(callee.subject)))
    return {
      where: 'outside',
      at: most.to,
      says: `${workload} waits for ${most.to}: ${shown(most.now)} of each request, ${shown(most.before)} before`,
    };
  return { follow: most, callee };
}

/** What the caller waits longer for, the callee has to see as well; null = it does, the trace goes on there. */
function lostBetween(caller: Hop, wait: Wait, callee: Hop): Verdict | null {
  const { workload, now, before } = callee;
  if (now === null || before === null)
    return {
      where: 'outside',
      at: workload,
      says: `${caller.workload} waits for ${workload}: ${shown(wait.now)} of each request, ${shown(wait.before)} before; ${workload} tells nothing of its requests`,
    };
  const calls = wait.callsPerRequest ?? 1;
  if (calls * (now - before) >= EXPLAINED * riseOf(wait)) return null;
  return {
    where: 'between',
    at: `${caller.workload} -> ${workload}`,
    says: `the time is lost between ${caller.workload} and ${workload}: a call takes ${shown(wait.perCallNow)} for the caller and ${shown(now)} for the callee`,
  };
}

function isSlower(now: number, before: number): boolean {
  return now > before * SLOWER.ratio && now - before > SLOWER.seconds;
}

function riseOf(wait: Wait): number {
  return (wait.now ?? 0) - (wait.before ?? 0);
}

function noticesOf({ workload, now, waits }: Hop): string[] {
  const waited = waits.reduce((sum, wait) => sum + (wait.now ?? 0), 0);
  return now !== null && waited > now * 1.05
    ? [`${workload}: its waits take longer than its requests: calls run side by side, or outside of requests`]
    : [];
}

function linesOf(hop: Hop): string[] {
  const line = (name: string, now: number | null, before: number | null, more = '') =>
    `  ${name.padEnd(44)} ${shown(now).padStart(9)}   was ${shown(before).padStart(9)}${more}`;
  const rate = hop.requestsPerS === null ? '' : `, ${hop.requestsPerS.toPrecision(3)} requests/s`;
  return [
    `${hop.workload}${rate}`,
    line('a request takes', hop.now, hop.before),
    line('inside', hop.insideNow, hop.insideBefore),
    ...hop.waits.map((wait) =>
      line(
        `waits for ${wait.to}`,
        wait.now,
        wait.before,
        wait.callsPerRequest === null ? '' : `   ${wait.callsPerRequest.toPrecision(2)} calls a request`,
      ),
    ),
  ];
}

function shown(seconds: number | null): string {
  if (seconds === null) return 'unknown';
  return seconds >= 10 ? `${seconds.toFixed(0)} s` : `${(seconds * 1000).toPrecision(3)} ms`;
}

import { z } from 'zod';
import { isHaleError } from '../domain/errors.ts';
import { subjectName } from '../domain/subject.ts';
import type { ReadContext } from '../plugin/context.ts';
import type { ModelTool } from '../ports/language-model.ts';

/** One thing that an investigation may look at. It reads, and what it read is kept as evidence. */
export interface InvestigationTool extends ModelTool {
  run(args: unknown): Promise<{ readonly text: string; readonly evidenceId: string | null }>;
}

const MAX_QUERY = 1_000;
const MAX_MINUTES = 360;
const POINTS = 60;
const MAX_SERIES = 50;
const SHOWN_SERIES = 20;
const Name = z.string().max(253);

function tool<T>(definition: {
  readonly name: string;
  readonly description: string;
  readonly parameters: z.ZodType<T>;
  run(args: T): Promise<{ text: string; evidenceId: string | null }>;
}): InvestigationTool {
  return {
    ...definition,
    async run(args) {
      const parsed = definition.parameters.safeParse(args);
      if (!parsed.success) return { text: `wrong arguments: ${z.prettifyError(parsed.error)}`, evidenceId: null };
      try {
        return await definition.run(parsed.data);
      } catch (error) {
        // What could not be read is told to the model as such; a defect of ours is not.
        if (!isHaleError(error)) throw error;
        return { text: `could not be read: ${error.message}`, evidenceId: null };
      }
    },
  };
}

/**
 * The tools of an investigation: the same readers that detectors have, under the same budget of queries, recorded as evidence. None writes,
 * and none is given anything that could.
 */
export function investigationTools(ctx: ReadContext): readonly InvestigationTool[] {
  const now = Math.floor(ctx.now() / 1000) * 1000;
  return [
    tool({
      name: 'query_metrics',
      description: 'Runs one PromQL expression over the last minutes and returns a thinned series for each result.',
      parameters: z.strictObject({ query: z.string().min(1).max(MAX_QUERY), minutes: z.int().min(1).max(MAX_MINUTES) }),
      async run({ query, minutes }) {
        const stepMs = Math.max(1, Math.ceil((minutes * 60) / POINTS)) * 1000;
        const { series, warnings } = await ctx.metrics.range(query, now - minutes * 60_000, now, stepMs, {
          maxSeries: MAX_SERIES,
        });
        const shown = series.slice(0, SHOWN_SERIES).map(({ labels, points }) => ({
          labels,
          points: points.map(({ at, value }) => [Math.round((at - now) / 1000), Number(value.toPrecision(4))]),
        }));
        const text = JSON.stringify({ secondsFromNow_value: shown, left: series.length - shown.length, warnings });
        return {
          text: series.length === 0 ? 'no data (which is not zero)' : text,
          evidenceId: ctx.metrics.evidenceOf(query),
        };
      },
    }),
    tool({
      name: 'list_workloads',
      description: 'Lists the workloads of a namespace with their replicas.',
      parameters: z.strictObject({ namespace: Name }),
      async run({ namespace }) {
        const list = ctx.cluster
          .workloads(namespace)
          .slice(0, 200)
          .map(({ subject, replicas, readyReplicas }) => ({ name: subjectName(subject), replicas, readyReplicas }));
        return kept(ctx, `workloads of ${namespace}`, list);
      },
    }),
    tool({
      name: 'describe_workload',
      description: 'Fields of one workload and its pods: images, replicas, rollout, readiness, restarts.',
      parameters: z.strictObject({ namespace: Name, kind: Name, name: Name }),
      async run(ref) {
        const workload = ctx.cluster.workload(ref);
        if (workload === null) return { text: 'there is no such workload', evidenceId: null };
        const { subject, containers, annotations: _, labels: __, ...fields } = workload;
        const pods = ctx.cluster.podsOf(subject).slice(0, 50);
        const images = containers.map(({ name, image }) => ({ name, image }));
        return kept(ctx, subjectName(subject), {
          ...fields,
          images,
          pods: pods.map(({ name, ready, phase, restarts, nodeName }) => ({ name, ready, phase, restarts, nodeName })),
        });
      },
    }),
    tool({
      name: 'calls_of_namespace',
      description: 'Who calls whom in a namespace, and which calls are new since an hour ago.',
      parameters: z.strictObject({ namespace: Name }),
      async run({ namespace }) {
        const { edges, notices } = await ctx.topology.graph([namespace]);
        return kept(ctx, `calls of ${namespace}`, { edges: edges.slice(0, 200), notices });
      },
    }),
  ];
}

function kept(ctx: ReadContext, title: string, body: unknown): { text: string; evidenceId: string } {
  const evidenceId = ctx.keep({ kind: 'cluster-object', source: 'kubernetes', title, query: title, body });
  return { text: JSON.stringify(body), evidenceId };
}

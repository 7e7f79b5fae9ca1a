import type { ReadContext } from '../plugin/context.ts';
import { ifAnswered } from './if-answered.ts';

/** More says little to a person on call, and more to whoever wrote it. */
const LINES = 12;
const MAX_LINE = 500;

/** Keeps the last lines of the container before as evidence, redacted as all evidence is; returns its id, null where there is no such log. */
export async function keepPreviousLog(
  pod: { readonly namespace: string; readonly name: string; readonly container: string },
  ctx: Pick<ReadContext, 'cluster' | 'signal' | 'keep'>,
): Promise<string | null> {
  const text = await ifAnswered(ctx.cluster.podLog({ ...pod, previous: true }, LINES, ctx.signal));
  const lines = (text ?? '').split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return null;
  return ctx.keep({
    kind: 'pod-log',
    source: 'kubernetes',
    title: `the last lines of container ${pod.container} before it ended`,
    query: `log of pod ${pod.namespace}/${pod.name}, container ${pod.container}, the one before`,
    body: lines.slice(-LINES).map((line) => line.slice(0, MAX_LINE)),
  });
}

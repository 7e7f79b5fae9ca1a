import type { Readable } from 'node:stream';
import { z } from 'zod';
import { SKILLS } from '../../skills/index.ts';
import { HaleError } from '../domain/errors.ts';
import type { SkillAnswer } from '../operations/results.ts';
import { elasticsearchLines, isElasticsearch } from './elasticsearch-lines.ts';
import { linesOf } from './line-source.ts';

export interface StreamOptions {
  /** `-` is standard input; an address is an Elasticsearch. */
  readonly file: string;
  readonly stdin: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For people who wait. */
  readonly progress: (text: string) => void;
  /** Milliseconds, for the pauses between two words of progress. */
  readonly now: () => number;
}

const PROGRESS_EVERY_MS = 3_000;

/** Runs a skill over a stream of lines, in this process. Errors: usage-invalid. */
export async function streamSkill(id: string, input: unknown, options: StreamOptions): Promise<SkillAnswer> {
  const skill = SKILLS.get(id);
  if (skill?.open === undefined) throw new HaleError('usage-invalid', `the skill ${id} reads no stream`);
  const parsed = skill.input.safeParse(input);
  if (!parsed.success) throw new HaleError('usage-invalid', z.prettifyError(parsed.error));
  const stream = skill.open(parsed.data);
  let told = options.now();
  for await (const lines of sourceOf(options)) {
    for (const line of lines) stream.push(line);
    if (options.now() - told < PROGRESS_EVERY_MS) continue;
    told = options.now();
    options.progress(stream.progress());
  }
  const output = skill.output.parse(stream.result());
  return { skill: id, output, lines: [...skill.render(output)] };
}

function sourceOf({ file, stdin, env }: StreamOptions): AsyncIterable<readonly string[]> {
  return isElasticsearch(file) ? elasticsearchLines(file, { env, now: Date.now() }) : linesOf(file, stdin);
}

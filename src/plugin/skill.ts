import type { z } from 'zod';
import type { Permission } from '../domain/permission.ts';
import type { ReadContext } from './context.ts';

/** A discrete capability that the daemon, the command line and agents call alike. Reads, never acts. */
export interface SkillDefinition<I, O> {
  readonly id: string;
  /** One line for people. */
  readonly summary: string;
  readonly needs: readonly Permission[];
  /** Each property becomes an option of the command line, described by its `.describe()`. */
  readonly input: z.ZodType<I>;
  readonly output: z.ZodType<O>;
  run(input: I, ctx: ReadContext): Promise<O>;
  /** The same over a stream of lines, such as a file: needs no readers, and its memory is bounded. */
  readonly open?: (input: I) => SkillStream<O>;
  /** The answer as lines for people. */
  render(output: O): readonly string[];
}

export interface SkillStream<O> {
  push(line: string): void;
  /** Of all that was pushed. */
  result(): O;
  /** A few words on how far it is, for people who wait. */
  progress(): string;
}

/** The erased form: input and output are parsed on the way in and out. Errors: usage-invalid for a wrong input. */
export type Skill = SkillDefinition<unknown, unknown>;

export function defineSkill<I, O>(definition: SkillDefinition<I, O>): Skill {
  const { input, output, open, ...rest } = definition;
  return {
    ...rest,
    input,
    output,
    ...(open === undefined ? {} : { open: (given: unknown) => open(input.parse(given)) }),
    run: async (given, ctx) => output.parse(await definition.run(input.parse(given), ctx)),
    render: (answer) => definition.render(output.parse(answer)),
  };
}

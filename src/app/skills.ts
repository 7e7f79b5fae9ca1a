import { z } from 'zod';
import { SKILLS } from '../../skills/index.ts';
import type { SkillOffer } from '../cli/skill-options.ts';
import { HaleError } from '../domain/errors.ts';
import type { SkillAnswer } from '../operations/results.ts';
import type { ReadContext } from '../plugin/context.ts';

/** A skill that has not answered by then is given up; what it asked of others is aborted. */
const WITHIN_MS = 60_000;

/** What the command line has to know of each skill. */
export function skillOffers(): readonly SkillOffer[] {
  return [...SKILLS.values()].map((skill) => ({
    id: skill.id,
    summary: skill.summary,
    streams: skill.open !== undefined,
    input: z.toJSONSchema(skill.input, { io: 'input' }) as SkillOffer['input'],
  }));
}

/** Runs skills with readers that are opened for the one run. Errors: not-found, usage-invalid, those of the readers. */
export function createSkillRunner(
  open: (signal: AbortSignal) => ReadContext,
): (id: string, input: unknown) => Promise<SkillAnswer> {
  return async (id, input) => {
    const skill = SKILLS.get(id);
    if (skill === undefined)
      throw new HaleError(
        'not-found',
        `there is no skill ${JSON.stringify(id)}; there are ${[...SKILLS.keys()].join(', ')}`,
      );
    const parsed = skill.input.safeParse(input);
    if (!parsed.success) throw new HaleError('usage-invalid', z.prettifyError(parsed.error));
    const output = await skill.run(parsed.data, open(AbortSignal.timeout(WITHIN_MS)));
    return { skill: id, output, lines: [...skill.render(output)] };
  };
}

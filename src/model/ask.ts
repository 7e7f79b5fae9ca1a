import type { z } from 'zod';
import { HaleError } from '../domain/errors.ts';
import type { ModelAnswer } from '../ports/language-model.ts';

/** The answer by its schema. Refusal, nonsense and anything that is no JSON of the form asked for: `model-answer-invalid`. */
export function parsedAnswer<T>(answer: ModelAnswer, schema: z.ZodType<T>): T {
  if (answer.kind === 'refusal')
    throw new HaleError('model-answer-invalid', `the model refused: ${answer.text.slice(0, 200)}`);
  if (answer.kind === 'calls')
    throw new HaleError('model-answer-invalid', 'the model called tools where it had to answer');
  let value: unknown;
  try {
    value = JSON.parse(answer.text);
  } catch (cause) {
    throw new HaleError('model-answer-invalid', 'the answer is not JSON', { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new HaleError(
    'model-answer-invalid',
    `the answer is not of the form asked for: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
  );
}

/** Words of a model as they may be stored: redacted, on one line, without characters that steer a terminal. */
export function plainWords(text: string, outbound: (text: string) => string): string {
  return outbound(text)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

import type OpenAI from 'openai';
import { HaleError } from '../../domain/errors.ts';
import type { LanguageModel, ModelAnswer, ModelRequest, ModelTurn } from '../../ports/language-model.ts';

export interface OpenAiOptions {
  /** With its version: `https://host/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  /** Asked at each call; servers that want none get a word. */
  readonly apiKey: () => string | null;
  readonly timeoutMs: number;
  /** Servers disagree on the name of the limit: OpenAI's newer models take only the first, older servers only the second. */
  readonly outputLimit: 'max_completion_tokens' | 'max_tokens';
}

type Body = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;
type Message = OpenAI.Chat.Completions.ChatCompletionMessageParam;

/** Anything that speaks Chat Completions: the portable subset of every compatible server. One try; the workflow decides on more. */
export function createOpenAi(options: OpenAiOptions): LanguageModel {
  return {
    name: options.model,
    async reach(signal) {
      const client = await clientOf(options);
      const models = await answered(() => client.models.list({ signal }));
      const known = models.data.some(({ id }) => id === options.model);
      return known ? `knows ${options.model}` : `answers, and does not list ${options.model}`;
    },
    async complete(request, signal) {
      const client = await clientOf(options);
      const body = await bodyOf(options, request);
      return answerOf(await answered(() => client.chat.completions.create(body, { signal })));
    },
  };
}

async function clientOf(options: OpenAiOptions): Promise<OpenAI> {
  const { default: Client } = await import('openai');
  return new Client({
    baseURL: options.baseUrl,
    apiKey: options.apiKey() ?? 'none',
    timeout: options.timeoutMs,
    maxRetries: 0,
    // What the environment says is not what was configured.
    organization: null,
    project: null,
    logLevel: 'off',
  });
}

async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw unavailable(cause);
  }
}

async function bodyOf(options: OpenAiOptions, request: ModelRequest): Promise<Body> {
  const { zodResponseFormat, zodFunction } = await import('openai/helpers/zod');
  const { answer, tools = [] } = request;
  const messages: Message[] = [{ role: 'system', content: request.instructions }, ...request.turns.flatMap(messagesOf)];
  return {
    model: options.model,
    messages,
    [options.outputLimit]: request.maxOutputTokens,
    ...(answer === undefined ? {} : { response_format: zodResponseFormat(answer.schema, answer.name) }),
    ...(tools.length === 0
      ? {}
      : { tools: tools.map(({ name, description, parameters }) => zodFunction({ name, description, parameters })) }),
  };
}

function messagesOf(turn: ModelTurn): Message[] {
  if (turn.by === 'hale') return [{ role: 'user', content: turn.text }];
  if (turn.by === 'tool') return [{ role: 'tool', tool_call_id: turn.callId, content: turn.text }];
  const calls = turn.calls.map(({ id, name, arguments: args }) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: args },
  }));
  return [{ role: 'assistant', content: null, tool_calls: calls }];
}

function answerOf({ choices, usage: counted }: OpenAI.Chat.Completions.ChatCompletion): ModelAnswer {
  const usage = counted ? { inputTokens: counted.prompt_tokens, outputTokens: counted.completion_tokens } : null;
  const message = choices?.[0]?.message;
  // A server that only looks compatible: said as an answer that is none, so that what it took is still counted.
  if (message === undefined) return { kind: 'answer', text: '', usage };
  if (message.refusal) return { kind: 'refusal', text: message.refusal, usage };
  const calls = (message.tool_calls ?? []).flatMap((call) =>
    call.type === 'function' ? [{ id: call.id, name: call.function.name, arguments: call.function.arguments }] : [],
  );
  if (calls.length > 0) return { kind: 'calls', calls, usage };
  return { kind: 'answer', text: message.content ?? '', usage };
}

/** The client's message may hold the answer's body; what goes on says what went wrong and nothing that the server wrote. */
function unavailable(cause: unknown): HaleError {
  const status = cause instanceof Error && 'status' in cause && typeof cause.status === 'number' ? cause.status : null;
  const name = cause instanceof Error ? cause.constructor.name : 'unknown error';
  return new HaleError('model-unavailable', status === null ? `no answer: ${name}` : `answered ${status}: ${name}`, {
    cause,
  });
}

import type { z } from 'zod';

/** What a model is offered to call; `parameters` is the schema of its arguments. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: z.ZodType;
}

export interface ModelToolCall {
  readonly id: string;
  readonly name: string;
  /** As the model wrote them: JSON, or not. */
  readonly arguments: string;
}

export type ModelTurn =
  | { readonly by: 'hale'; readonly text: string }
  | { readonly by: 'model'; readonly calls: readonly ModelToolCall[] }
  | { readonly by: 'tool'; readonly callId: string; readonly text: string };

export interface ModelRequest {
  readonly instructions: string;
  readonly turns: readonly ModelTurn[];
  /** The form of the answer, every property required; without it the model may only call tools. */
  readonly answer?: { readonly name: string; readonly schema: z.ZodType };
  readonly tools?: readonly ModelTool[];
  readonly maxOutputTokens: number;
}

export interface ModelUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What came back. `answer` is text that should be JSON of the form asked for: whoever asked checks it. Usage is null where the server counts none. */
export type ModelAnswer = (
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'calls'; readonly calls: readonly ModelToolCall[] }
  | { readonly kind: 'refusal'; readonly text: string }
) & { readonly usage: ModelUsage | null };

/** Something that writes words. Deliberately not in it: streaming, memory, and any way to act. Errors: model-unavailable. */
export interface LanguageModel {
  /** As configured, for people. */
  readonly name: string;
  /** Whether the server answers for the configured name and key; takes no tokens. */
  reach(signal: AbortSignal): Promise<string>;
  complete(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer>;
}

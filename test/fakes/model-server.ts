import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with the next request: answers, calls tools, refuses, breaks, or says nothing. */
export type ModelPlay =
  | { readonly say: string }
  | { readonly call: readonly { readonly name: string; readonly arguments: string }[] }
  | { readonly refuse: string }
  | { readonly status: number; readonly body?: string }
  | 'hang';

export interface ModelServer {
  readonly url: string;
  /** Bodies as they came, oldest first. */
  readonly asked: readonly {
    readonly messages: readonly { role: string; content: string | null }[];
    readonly [key: string]: unknown;
  }[];
  readonly keys: readonly (string | undefined)[];
  close(): Promise<void>;
}

/** A server that speaks Chat Completions on loopback; `play` decides each answer, in the wire form of OpenAI's published API description. */
export async function startModelServer(play: (turn: number) => ModelPlay): Promise<ModelServer> {
  const asked: ModelServer['asked'][number][] = [];
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    keys.push(request.headers.authorization);
    if (request.url === '/v1/models')
      return send(response, 200, { object: 'list', data: [{ id: 'test-model', object: 'model' }] });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    asked.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as ModelServer['asked'][number]);
    const next = play(asked.length);
    if (next === 'hang') return;
    if ('status' in next) {
      response
        .writeHead(next.status, { 'content-type': 'application/json' })
        .end(next.body ?? '{"error":{"message":"no"}}');
      return;
    }
    send(response, 200, completion(next));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    keys,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function completion(play: Exclude<ModelPlay, 'hang' | { status: number }>): unknown {
  const message =
    'say' in play
      ? { role: 'assistant', content: play.say, refusal: null }
      : 'refuse' in play
        ? { role: 'assistant', content: null, refusal: play.refuse }
        : {
            role: 'assistant',
            content: null,
            refusal: null,
            tool_calls: play.call.map((call, index) => ({ id: `call_${index}`, type: 'function', function: call })),
          };
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_800_000_000,
    model: 'test-model',
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'call' in play ? 'tool_calls' : 'stop' }],
    usage: { prompt_tokens: 1_200, completion_tokens: 80, total_tokens: 1_280 },
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, type BadServer, json, raw, startBadServer } from '../../../test/contract/cluster-bad-server.ts';
import { type HaleError, isHaleError } from '../../domain/errors.ts';
import type { Notification } from '../../domain/obligation.ts';
import { createWebhookChannel } from '../webhook/index.ts';
import { createSlackChannel, slackMessage } from './index.ts';

const NOTIFICATION: Notification = {
  dedupeKey: 'incident-1/escalated',
  severity: 'page',
  kind: 'escalated',
  title: 'orders waits for <connections> & more',
  lines: ['cause: pool', 'lever: more replicas'],
  incidentId: 'incident-1',
};
const SECRET_PATH = '/services/T000/B000/secret-part';
const never = new AbortController().signal;

let server: BadServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function listen(answer: Answer): Promise<BadServer> {
  server = await startBadServer(answer);
  return server;
}

async function failure(attempt: Promise<unknown>): Promise<HaleError> {
  const thrown: unknown = await attempt.then(
    () => new Error('this should have failed'),
    (error: unknown) => error,
  );
  if (!isHaleError(thrown)) throw thrown;
  return thrown;
}

describe.each([
  ['slack', createSlackChannel],
  ['webhook', createWebhookChannel],
] as const)('channel %s', (name, create) => {
  it('posts JSON to the secret address, read anew each time', async () => {
    const { url, seen } = await listen(raw(200, 'ok'));
    const paths = [SECRET_PATH, '/rotated?key=1'];
    const channel = create({ url: () => `${url}${paths.shift()}\n` });

    await channel.deliver(NOTIFICATION, never);
    await channel.deliver(NOTIFICATION, never);

    expect(channel.name).toBe(name);
    expect(seen.map((it) => `${it.method} ${it.path} ${it.query.toString()}`)).toEqual([
      `POST ${SECRET_PATH} `,
      'POST /rotated key=1',
    ]);
    expect(seen[0]?.headers['content-type']).toBe('application/json');
    expect(seen[0]?.body).toContain('lever: more replicas');
  });

  it.each([
    ['refuses', raw(404, 'no_service'), { status: 404, maybeDelivered: false }, 'no_service'],
    ['throttles', json(429, {}, { 'retry-after': '30' }), { status: 429, retryAfterMs: 30_000 }, '429'],
    ['redirects', raw(302, '', { location: 'http://elsewhere/' }), { status: 302 }, '302'],
    ['fails', raw(500, ''), { status: 500, maybeDelivered: false }, '500'],
    [
      'cuts the connection',
      ((_request, response) => void response.destroy()) satisfies Answer,
      { maybeDelivered: true },
      '',
    ],
    ['never answers', (() => {}) satisfies Answer, { maybeDelivered: true }, 'ms'],
  ])('says so when the other side %s, without the address', async (_what, answer, details, words) => {
    const { url } = await listen(answer);
    const channel = create({ url: () => `${url}${SECRET_PATH}`, timeoutMs: 100 });

    const error = await failure(channel.deliver(NOTIFICATION, never));

    expect(error).toMatchObject({ code: 'delivery-failed', details });
    expect(error.message).toContain(words);
    expect(`${error.message} ${JSON.stringify(error.details)}`).not.toContain('secret-part');
  });

  it('says that the address is wrong without showing it', async () => {
    const channel = create({ url: () => 'hooks.example.com/secret-part' });

    const error = await failure(channel.deliver(NOTIFICATION, never));

    expect(error.code).toBe('delivery-failed');
    expect(error.message).not.toContain('secret-part');
  });

  it('stops when it is told to', async () => {
    const { url } = await listen(() => {});
    const stopping = new AbortController();
    const delivery = failure(create({ url: () => url }).deliver(NOTIFICATION, stopping.signal));
    await expect.poll(() => server?.seen.length).toBe(1);

    stopping.abort();

    expect((await delivery).code).toBe('delivery-failed');
  });
});

describe('the webhook body', () => {
  it('is the notification with its version', async () => {
    const { url, seen } = await listen(raw(204, ''));

    await createWebhookChannel({ url: () => url }).deliver(NOTIFICATION, never);

    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ version: '1', source: 'hale', ...NOTIFICATION });
  });
});

describe('the Slack message', () => {
  it('carries text from the cluster where nothing in it has a meaning', () => {
    const message = slackMessage({ ...NOTIFICATION, lines: ['<!channel> *bold* <http://evil|click>'] });

    expect(message.text).toBe('[page] orders waits for &lt;connections&gt; &amp; more');
    expect(message.blocks).toEqual([
      {
        type: 'header',
        text: { type: 'plain_text', text: '[page] orders waits for <connections> & more', emoji: false },
      },
      { type: 'section', text: { type: 'plain_text', text: '<!channel> *bold* <http://evil|click>', emoji: false } },
      {
        type: 'context',
        elements: [{ type: 'plain_text', text: 'Hale, incident incident-1, escalated', emoji: false }],
      },
    ]);
  });

  it.each([
    ['many lines', Array.from({ length: 2_000 }, (_, index) => `line ${index} ${'x'.repeat(40)}`)],
    ['one long line', ['x'.repeat(100_000)]],
    ['no lines', []],
    ['empty lines', ['', '', '']],
  ])('stays within the limits of Slack with %s', (_what, lines) => {
    const { blocks } = slackMessage({ ...NOTIFICATION, title: 't'.repeat(500), lines });

    const texts = blocks.map((block) => {
      const { text, elements } = block as { text?: { text: string }; elements?: { text: string }[] };
      return text?.text ?? elements?.[0]?.text ?? '';
    });
    expect(blocks.length).toBeLessThanOrEqual(50);
    expect(texts[0]?.length).toBeLessThanOrEqual(150);
    expect(Math.max(...texts.map((it) => it.length))).toBeLessThanOrEqual(3_000);
    expect(Math.min(...texts.map((it) => it.length))).toBeGreaterThan(0);
  });

  it('says how much it leaves out', () => {
    const lines = Array.from({ length: 100 }, () => 'x'.repeat(3_000));

    const { blocks } = slackMessage({ ...NOTIFICATION, lines });

    expect(JSON.stringify(blocks)).toContain('and 92 more lines');
  });
});

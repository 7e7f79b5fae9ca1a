import { HaleError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { HttpFailure } from './failure.ts';
import { retryAfterMsOf } from './retry-after.ts';
import { createHttpTarget, type HttpAuth, type SecretSource, type TlsFiles } from './target.ts';

/** What every channel that posts JSON to an address is set up with. */
export interface DeliveryOptions {
  /** The address is a secret: who knows it may post. It is never shown. */
  readonly url: SecretSource;
  readonly auth?: HttpAuth;
  readonly tls?: TlsFiles;
  readonly timeoutMs?: number;
  readonly ioClock?: Clock;
}

const DEFAULT_TIMEOUT_MS = 10_000;
/** The answer is only ever quoted in part. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_SAID = 200;

/**
 * Posts one message and resolves when the other side took it. Throws `delivery-failed`; after a time-out the message may have arrived all the
 * same (`details.maybeDelivered`), and `details.retryAfterMs` is what the other side asked for.
 */
export async function deliverJson(
  channel: string,
  options: DeliveryOptions,
  body: unknown,
  signal: AbortSignal,
): Promise<void> {
  const failed = (why: string, details: Record<string, unknown>, cause?: unknown): HaleError =>
    new HaleError('delivery-failed', `channel ${channel}: ${why}`, { details, cause });
  const address = (await options.url()).trim();
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw failed('its address is not one; write https://HOST/PATH in the variable or file that holds it', {
      maybeDelivered: false,
    });
  }
  const target = createHttpTarget(`the address of channel ${channel}`, {
    url: address,
    auth: options.auth,
    tls: options.tls,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxBytes: MAX_ANSWER_BYTES,
    ioClock: options.ioClock,
    ownConnections: true,
  });
  try {
    const answer = await target.send({
      method: 'POST',
      path: '',
      body: { type: 'application/json', text: JSON.stringify(body) },
      signal,
    });
    if (answer.status >= 200 && answer.status < 300) return;
    const said = answer.body.trim().replaceAll(/\s+/g, ' ').slice(0, MAX_SAID);
    const retryAfterMs = retryAfterMsOf(answer.headers['retry-after']);
    throw failed(`not accepted (HTTP ${answer.status})${said === '' ? '' : `: ${said}`}`, {
      status: answer.status,
      maybeDelivered: false,
      ...(retryAfterMs === null ? {} : { retryAfterMs }),
    });
  } catch (error) {
    if (error instanceof HttpFailure) throw failed(error.message, { maybeDelivered: error.sent }, error);
    throw error;
  } finally {
    target.close();
  }
}

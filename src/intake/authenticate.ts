import { hash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { HaleError } from '../domain/errors.ts';

/** Something that gives out a secret. */
interface Revealing {
  reveal(): string;
}

/** One way in which a sender may prove itself. */
export type IntakeCredential =
  | { readonly kind: 'bearer'; readonly token: Revealing }
  | { readonly kind: 'basic'; readonly username: string; readonly password: Revealing }
  | { readonly kind: 'mtls' };

/** What is known of a sender before its body is read. */
export interface Sender {
  readonly authorization: string | undefined;
  /** The connection carries a client certificate that our authority signed. */
  readonly certified: boolean;
  readonly remoteAddress: string | undefined;
}

export type Authenticate = (sender: Sender) => void;

/**
 * Compares what a sender shows with every credential, hashed, in constant time and without an early end. Without credentials only senders on
 * this machine get in. Secrets are read here, once. Errors: unauthenticated.
 */
export function createAuthenticator(credentials: readonly IntakeCredential[]): Authenticate {
  const mtls = credentials.some(({ kind }) => kind === 'mtls');
  const expected = credentials.flatMap((credential) => {
    if (credential.kind === 'bearer') return [digest(`bearer ${required(credential.token)}`)];
    if (credential.kind === 'basic') return [digest(`basic ${credential.username}:${required(credential.password)}`)];
    return [];
  });
  const ways = describe(credentials);

  return ({ authorization, certified, remoteAddress }) => {
    if (credentials.length === 0) {
      if (isLoopbackAddress(remoteAddress)) return;
      throw new HaleError(
        'unauthenticated',
        'no credential is configured, so only senders on this machine are let in; configure intake.auth',
      );
    }
    const shown = digest(normalise(authorization ?? ''));
    let fits = false;
    for (const one of expected) fits = timingSafeEqual(shown, one) || fits;
    if (fits || (mtls && certified)) return;
    const found =
      authorization === undefined ? 'the request carries no Authorization header' : 'the credential does not fit';
    throw new HaleError('unauthenticated', `${found}; set ${ways} in http_config of the receiver that points at Hale`);
  };
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function required(secret: Revealing): string {
  const text = secret.reveal();
  if (text === '') throw new HaleError('config-invalid', 'intake.auth: a secret is empty; there is no default');
  return text;
}

/** `Bearer x` and `Basic base64(user:password)` in the form that is hashed; anything else fits nothing. */
function normalise(authorization: string): string {
  const [, scheme = '', value = ''] = /^([A-Za-z]{1,16}) {1,4}(\S+)$/.exec(authorization.trim()) ?? [];
  if (scheme.toLowerCase() === 'bearer') return `bearer ${value}`;
  if (scheme.toLowerCase() === 'basic') return `basic ${Buffer.from(value, 'base64').toString('utf8')}`;
  return '';
}

function describe(credentials: readonly IntakeCredential[]): string {
  const names = {
    bearer: 'authorization.credentials',
    basic: 'basic_auth',
    mtls: 'tls_config with a client certificate',
  };
  return [...new Set(credentials.map(({ kind }) => names[kind]))].join(' or ');
}

function isLoopbackAddress(address: string | undefined): boolean {
  const bare = (address ?? '').replace(/^::ffff:/i, '');
  return bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

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
  /** `id:key`, as shippers of logs send it to Elasticsearch. */
  | { readonly kind: 'apiKey'; readonly apiKey: Revealing }
  | { readonly kind: 'mtls' };

/** What is known of a sender before its body is read. */
export interface Sender {
  readonly authorization: string | undefined;
  /** The connection carries a client certificate that our authority signed. */
  readonly certified: boolean;
  readonly remoteAddress: string | undefined;
}

export type Authenticate = (sender: Sender) => void;

const ALERT_WORDS = { section: 'intake.auth', where: 'http_config of the receiver that points at Hale' };

/** Credentials as hashes and words, without a secret: may cross to another thread. */
export interface PreparedCredentials {
  readonly none: boolean;
  readonly mtls: boolean;
  readonly digests: readonly Uint8Array[];
  /** What a sender may show, in the words of Alertmanager's configuration, and where it is set. */
  readonly ways: string;
  readonly where: string;
  readonly section: string;
}

/** Secrets are read here, once. Errors: config-invalid for one that is empty. */
export function prepareCredentials(
  credentials: readonly IntakeCredential[],
  { section, where }: { readonly section: string; readonly where: string } = ALERT_WORDS,
): PreparedCredentials {
  const digests = credentials.flatMap((credential) => {
    if (credential.kind === 'bearer') return [digest(`bearer ${required(credential.token, section)}`)];
    if (credential.kind === 'apiKey') return [digest(`apikey ${decodedKey(required(credential.apiKey, section))}`)];
    if (credential.kind === 'basic') {
      return [digest(`basic ${credential.username}:${required(credential.password, section)}`)];
    }
    return [];
  });
  const mtls = credentials.some(({ kind }) => kind === 'mtls');
  return { none: credentials.length === 0, mtls, digests, ways: describe(credentials), where, section };
}

/**
 * Compares what a sender shows with every credential, hashed, in constant time and without an early end. Without credentials only senders on
 * this machine get in. Errors: unauthenticated.
 */
export function authenticator({ none, mtls, digests, ways, where, section }: PreparedCredentials): Authenticate {
  return ({ authorization, certified, remoteAddress }) => {
    if (none) {
      if (isLoopbackAddress(remoteAddress)) return;
      throw new HaleError(
        'unauthenticated',
        'no credential is configured, so only senders on this machine are let in; configure ' + section,
      );
    }
    const shown = digest(normalise(authorization ?? ''));
    let fits = false;
    for (const one of digests) fits = timingSafeEqual(shown, one) || fits;
    if (fits || (mtls && certified)) return;
    const found =
      authorization === undefined ? 'the request carries no Authorization header' : 'the credential does not fit';
    throw new HaleError('unauthenticated', `${found}; set ${ways} in ${where}`);
  };
}

export function createAuthenticator(
  credentials: readonly IntakeCredential[],
  words: { readonly section: string; readonly where: string } = ALERT_WORDS,
): Authenticate {
  return authenticator(prepareCredentials(credentials, words));
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function required(secret: Revealing, section: string): string {
  const text = secret.reveal();
  if (text === '') throw new HaleError('config-invalid', `${section}: a secret is empty; there is no default`);
  return text;
}

/** `id:key` also where it is configured in the encoded form that Elasticsearch gives out. */
function decodedKey(key: string): string {
  return key.includes(':') ? key : Buffer.from(key, 'base64').toString('utf8');
}

/** `Bearer x`, `Basic base64(user:password)` and `ApiKey base64(id:key)` in the form that is hashed; anything else fits nothing. */
function normalise(authorization: string): string {
  const [, scheme = '', value = ''] = /^([A-Za-z]{1,16}) {1,4}(\S+)$/.exec(authorization.trim()) ?? [];
  if (scheme.toLowerCase() === 'bearer') return `bearer ${value}`;
  if (scheme.toLowerCase() === 'apikey') return `apikey ${Buffer.from(value, 'base64').toString('utf8')}`;
  if (scheme.toLowerCase() === 'basic') return `basic ${Buffer.from(value, 'base64').toString('utf8')}`;
  return '';
}

function describe(credentials: readonly IntakeCredential[]): string {
  const names = {
    bearer: 'authorization.credentials',
    basic: 'basic_auth',
    apiKey: 'api_key',
    mtls: 'tls_config with a client certificate',
  };
  return [...new Set(credentials.map(({ kind }) => names[kind]))].join(' or ');
}

function isLoopbackAddress(address: string | undefined): boolean {
  const bare = (address ?? '').replace(/^::ffff:/i, '');
  return bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

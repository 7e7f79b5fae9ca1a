/**
 * What counts as a secret in text, as a written-out table.
 *
 * Every pattern takes time linear in the text. The discipline that makes it so: a pattern either begins with a fixed text and can fail only
 * within a bounded number of characters after it, or its tail is optional, so that whatever was scanned is also consumed.
 */
export interface SecretPattern {
  /** Names the placeholder: `<redacted:jwt>`. */
  readonly kind: string;
  /** Global flag required. */
  readonly pattern: RegExp;
  /** What is written instead; groups of the pattern may be kept. Without it: the placeholder alone. */
  readonly replace?: (...match: string[]) => string;
}

export function placeholder(kind: string): string {
  return `<redacted:${kind}>`;
}

/** Words that follow "bearer" or "basic" in plain sentences. */
const SCHEME_PROSE =
  /^(?:auth|authentication|authorization|challenge|credentials?|header|realm|required|scheme|tokens?)$/i;

/** Names whose value is a secret, wherever they stand inside a longer name: `DB_PASSWORD`, `"clientSecret"`, `x-api-key`. */
const SECRET_NAME =
  'passw(?:or)?d|passwd|passphrase|\\bpwd|\\bpass(?=["\']?\\s{0,4}[=:])|secret|token(?!s\\b|s?_(?:count|total|limit))|api[_-]?key|apikey|' +
  'access[_-]?key|account[_-]?key|shared[_-]?key|private[_-]?key|encryption[_-]?key|signing[_-]?key|client[_-]?key|' +
  'credentials?|session[_-]?id|set-cookie|cookie|\\bsig(?==)|connection[_-]?string';

/** Ends of an unquoted value: white space, quotes, or a separator that the next field follows. */
const UNQUOTED = '(?:[^\\s"\'<>,;&)\\]}\\\\]|[,;&)\\]}\\\\](?![\\s"\'<>,;&)\\]}\\\\]|$|[\\w.-]{1,40}["\']?[=:]))+';

/** A value in JSON that is itself text in JSON: `\"hunter2\"`. Nothing follows the repetition, so it never backtracks. */
const ESCAPED_QUOTED = '\\\\{1,3}["\'](?:[^"\'\\\\]|\\\\{2,3}["\'\\\\]?|\\\\[^"\'\\\\])*';

const VALUE = `${ESCAPED_QUOTED}|"(?:[^"\\\\\\n]|\\\\.)*"?|'(?:[^'\\\\\\n]|\\\\.)*'?|${UNQUOTED}`;

const OPENING_QUOTE = /^(?:["']|\\{1,3}["'])/;

function keepQuotes(value: string, kind: string): string {
  const opening = OPENING_QUOTE.exec(value)?.[0] ?? '';
  // The closing quote of escaped text was not consumed.
  return `${opening}${placeholder(kind)}${opening.length === 1 ? opening : ''}`;
}

/** Fixed beginnings that only secrets have; sources: the vendors' own token format pages and secret-scanning documentation. */
export const PREFIXED_PATTERNS: readonly SecretPattern[] = [
  {
    kind: 'private-key',
    // A block cut short is redacted to the end of the text.
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
  },
  // `eyJ` is base64 of `{"`: a JSON Web Token, whole or cut short, signed or encrypted.
  { kind: 'jwt', pattern: /(?<![A-Za-z0-9])eyJ[\w-]{12,}(?:\.[\w-]+){0,4}/g },
  { kind: 'aws-key', pattern: /(?<![A-Za-z0-9])A(?:KIA|SIA|GPA|IDA|ROA|IPA|NPA|NVA)[A-Z0-9]{16}(?![A-Za-z0-9])/g },
  { kind: 'google-key', pattern: /AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}/g },
  { kind: 'azure-key', pattern: /(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}/g },
  { kind: 'github-token', pattern: /gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{22,}/g },
  { kind: 'gitlab-token', pattern: /gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|oas)-[\w-]{20,}/g },
  { kind: 'slack-token', pattern: /xox[abceoprs]-[\w-]{10,}|xapp-[\w-]{10,}/g },
  {
    kind: 'slack-webhook',
    pattern: /(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]+/g,
    replace: (_all, before = '') => `${before}${placeholder('slack-webhook')}`,
  },
  { kind: 'stripe-key', pattern: /(?<![A-Za-z0-9])[spr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}/g },
  {
    kind: 'api-key',
    pattern:
      /(?<![A-Za-z0-9-])sk-(?:ant-|proj-|svcacct-)[\w-]{20,}|(?<![A-Za-z0-9-])sk-[A-Za-z0-9]{32,}|(?<![A-Za-z0-9])SG\.[\w-]{16,32}\.[\w-]{16,}|npm_[A-Za-z0-9]{36}|hvs\.[\w-]{24,}|hvb\.[\w-]{24,}|dop_v1_[a-f0-9]{64}|(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}|pypi-[\w-]{50,}/g,
  },
];

/** A cheap look: without one of these texts no pattern of the table above can match. */
export const PREFIX_HINT =
  /eyJ|A(?:KIA|SIA|GPA|IDA|ROA|IPA|NPA|NVA)|AIza|ya29|GOCSPX|Q~|gh[pousr]_|github_pat|gl[a-z]{2,5}-|xox|xapp-|hooks\.slack|k_(?:live|test)_|whsec_|sk-|SG\.|npm_|hv[sb]\.|dop_v1|hf_|pypi-|-----BEGIN/;

/** A cheap look before the patterns that rest on a name. */
export const NAME_HINT =
  /pass|pwd|secret|token|key|credential|session|cookie|sig=|connection|authorization|bearer|basic|identified/i;

export const NAMED_PATTERNS: readonly SecretPattern[] = [
  {
    kind: 'authorization',
    pattern:
      /(authorization\\{0,3}["']?\s{0,4}[:=]\s{0,4}\\{0,3}["']?(?:(?:bearer|basic|digest|token|apikey|negotiate|aws4-hmac-sha256)\s{1,4})?)(?!(?:bearer|basic|digest|token|apikey|negotiate|aws4-hmac-sha256)\s)([^\s"'<>\\]+)/gi,
    replace: (_all, before = '') => `${before}${placeholder('authorization')}`,
  },
  {
    kind: 'authorization',
    pattern: /(?<![A-Za-z])(bearer|basic)(\s{1,4}|\+|%20)([\w.~+/=-]{6,})/gi,
    replace: (all, scheme = '', gap = '', value = '') =>
      SCHEME_PROSE.test(value) || (/^basic$/i.test(scheme) && !holdsBasicPair(value))
        ? all
        : `${scheme}${gap}${placeholder('authorization')}`,
  },
  {
    kind: 'cookie',
    pattern: /(cookie\s{0,4}:\s{0,4})[^\s"'<>][^\r\n"'<>]*/gi,
    replace: (_all, before = '') => `${before}${placeholder('cookie')}`,
  },
  {
    kind: 'secret',
    pattern: new RegExp(
      `((?:${SECRET_NAME})[\\w-]{0,32}(?:\\\\{0,3}["'])?\\s{0,4}(?:=>|[=:])\\s{0,4})(?:(?:bearer|basic)\\s{1,4})?(${VALUE})`,
      'gi',
    ),
    replace: (_all, before = '', value = '') => `${before}${keepQuotes(value, 'secret')}`,
  },
  {
    kind: 'secret',
    pattern: new RegExp(
      `(--?[\\w-]{0,32}(?:password|passwd|secret|token|api-?key)[\\w-]{0,16}\\s{1,4})(?!-)(${VALUE})`,
      'gi',
    ),
    replace: (_all, before = '', value = '') => `${before}${keepQuotes(value, 'secret')}`,
  },
  {
    kind: 'secret',
    pattern: /((?:password|identified\s{1,4}by)\s{1,4})('(?:[^'\\\n]|\\.)*'?)/gi,
    replace: (_all, before = '', value = '') => `${before}${keepQuotes(value, 'secret')}`,
  },
];

/** Whether a label or JSON key says that its whole value is a secret. */
const SECRET_KEY = new RegExp(`(?:${SECRET_NAME}|authorization)`, 'i');
const SECRET_KEY_EXACT = /^(?:pass|pwd|sig)$/i;
export function namesSecret(key: string): boolean {
  return SECRET_KEY_EXACT.test(key) || SECRET_KEY.test(key);
}

export const URL_CREDENTIALS: SecretPattern = {
  kind: 'credentials',
  // The second branch takes passwords with a slash in them, but not `host:port/path`.
  pattern: /(:\/\/)(?:[^\s/?#"'<>]{1,512}@|[^\s:/@"'<>]{0,128}:(?!\d{1,5}(?:[/?#\s]|$))[^\s"'<>]{1,256}@)/g,
  replace: (_all, before = '') => `${before}${placeholder('credentials')}@`,
};

function holdsBasicPair(value: string): boolean {
  const decoded = Buffer.from(value, 'base64').toString('latin1');
  return /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(decoded);
}

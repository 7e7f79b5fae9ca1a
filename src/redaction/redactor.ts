import { redactEmails, redactNetworkAddresses } from './addresses.ts';
import { redactCardNumbers } from './card-numbers.ts';
import { compileExtraPatterns, type ExtraPattern } from './extra-patterns.ts';
import {
  NAME_HINT,
  NAMED_PATTERNS,
  namesSecret,
  PREFIX_HINT,
  PREFIXED_PATTERNS,
  placeholder,
  type SecretPattern,
  URL_CREDENTIALS,
} from './patterns.ts';

export interface RedactorOptions {
  /** Patterns of the operator's own; see `compileExtraPatterns` for what they may hold. */
  readonly extraPatterns?: readonly ExtraPattern[];
  /** E-mail addresses stay. */
  readonly keepEmails?: boolean;
  /** Network addresses stay, in free text and on the way out. */
  readonly keepNetworkAddresses?: boolean;
}

/** Takes secrets out of text. Every function gives the same again when it is applied twice. */
export interface Redactor {
  /** Credentials, tokens, keys, card numbers and e-mail addresses. */
  text(text: string): string;
  /** The same and network addresses: for free text, and for all that leaves Hale. */
  outbound(text: string): string;
  /** As `outbound` on the values; those in `keep` stay as they are while they look like a name or an address of Kubernetes. */
  labels(record: Readonly<Record<string, string>>, keep: ReadonlySet<string>): Record<string, string>;
  /** As `text` on every string within; a value under a name like `password` is replaced whole. Recurses into plain JSON values. */
  json(value: unknown): unknown;
}

/** Names, image references, host:port: none of the secrets' shapes that need another character. */
const PLAIN_NAME = /^[\w.:[\]/-]*$/;
const MAX_JSON_DEPTH = 64;
const SHORTEST_SECRET = 6;
const MAX_PASSES = 16;

/** A replacement may lay bare the boundary that another pattern asks for, so that text that changed is looked at again. */
function untilStable(text: string, once: (text: string) => string): string {
  let out = text;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const next = once(out);
    if (next === out) break;
    out = next;
  }
  return out;
}

/** How many texts without a secret are remembered, and how long one may be. */
const MAX_CLEAN = 4_096;
const LONGEST_CLEAN = 512;

/**
 * Most values come again and again: names, severities, the description of a rule. Those that hold no secret are remembered, so that they are
 * looked through once; what holds one never is. Bounded: when full, the older half goes.
 */
function knownClean(redact: (text: string) => string): (text: string) => string {
  let fresh = new Set<string>();
  let older = new Set<string>();
  return (given) => {
    if (fresh.has(given)) return given;
    const out = older.has(given) ? given : redact(given);
    if (out === given && given.length <= LONGEST_CLEAN) {
      if (fresh.size >= MAX_CLEAN / 2) {
        older = fresh;
        fresh = new Set();
      }
      fresh.add(given);
    }
    return out;
  };
}

export function createRedactor(options: RedactorOptions = {}): Redactor {
  const extra = compileExtraPatterns(options.extraPatterns ?? []);

  function textOnce(given: string): string {
    if (given.length < SHORTEST_SECRET) return given;
    let out = given;
    if (PREFIX_HINT.test(out)) out = applyAll(out, PREFIXED_PATTERNS);
    if (out.includes('@')) {
      if (out.includes('://')) out = apply(out, URL_CREDENTIALS);
      if (options.keepEmails !== true && out.includes('@')) out = redactEmails(out);
    }
    if (NAME_HINT.test(out)) out = applyAll(out, NAMED_PATTERNS);
    if (holdsManyDigits(out)) out = redactCardNumbers(out);
    return extra.length > 0 ? applyAll(out, extra) : out;
  }

  function outboundOnce(given: string): string {
    const out = textOnce(given);
    return options.keepNetworkAddresses === true ? out : redactNetworkAddresses(out);
  }

  const text = knownClean((given) => untilStable(given, textOnce));
  const outbound = knownClean((given) => untilStable(given, outboundOnce));

  function labels(record: Readonly<Record<string, string>>, keep: ReadonlySet<string>): Record<string, string> {
    const out: Record<string, string> = {};
    for (const name of Object.keys(record)) {
      const value = record[name] ?? '';
      if (keep.has(name)) out[name] = PLAIN_NAME.test(value) && !value.includes('://') ? value : text(value);
      else if (value !== '' && namesSecret(name)) out[name] = placeholder('secret');
      else out[name] = outbound(value);
    }
    return out;
  }

  function json(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return text(value);
    if (value === null || typeof value !== 'object') return value;
    // Deeper than anything Hale reads: rather nothing than something unread.
    if (depth >= MAX_JSON_DEPTH) return placeholder('depth');
    if (Array.isArray(value)) return value.map((item) => json(item, depth + 1));
    const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
      text(key),
      typeof item === 'string' && item !== '' && namesSecret(key) ? placeholder('secret') : json(item, depth + 1),
    ]);
    return Object.fromEntries(entries);
  }

  return { text, outbound, labels, json: (value) => json(value) };
}

function applyAll(text: string, patterns: readonly SecretPattern[]): string {
  let out = text;
  for (const pattern of patterns) out = apply(out, pattern);
  return out;
}

function apply(text: string, { kind, pattern, replace }: SecretPattern): string {
  return replace === undefined ? text.replace(pattern, placeholder(kind)) : text.replace(pattern, replace);
}

const ENOUGH_DIGITS = 13;

function holdsManyDigits(text: string): boolean {
  let digits = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) digits += 1;
  }
  return digits >= ENOUGH_DIGITS;
}

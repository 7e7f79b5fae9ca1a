import { isIPv6 } from 'node:net';
import { placeholder } from './patterns.ts';

/** Whether the code unit may stand in an e-mail address on either side of the at sign. Everything beyond ASCII may (RFC 6531). */
function isAddressUnit(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    code === 46 ||
    code === 45 ||
    code === 95 ||
    code > 160
  );
}

/** ! # $ % & ' * + / = ? ^ ` { | } ~ of RFC 5322 stand only on the left; quotes and separators of texts are left out. */
function isLocalUnit(code: number): boolean {
  return isAddressUnit(code) || code === 43 || code === 37 || code === 33 || code === 35 || code === 36 || code === 38;
}

const DOMAIN = /^[^.].*\.[a-zA-Z\u00a1-\uffff][a-zA-Z0-9\u00a1-\uffff-]+$/;

/** Replaces e-mail addresses: looks left and right of each at sign. Linear, as neither side may hold an at sign. */
export function redactEmails(text: string): string {
  let out = '';
  let done = 0;
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    let from = at;
    while (from > done && isLocalUnit(text.charCodeAt(from - 1))) from -= 1;
    let to = at + 1;
    while (to < text.length && isAddressUnit(text.charCodeAt(to))) to += 1;
    while (to > at + 1 && (text[to - 1] === '.' || text[to - 1] === '-')) to -= 1;
    if (from === at || !DOMAIN.test(text.slice(at + 1, to))) continue;
    out += text.slice(done, from) + placeholder('email');
    done = to;
  }
  return done === 0 ? text : out + text.slice(done);
}

const IPV4 =
  /(?<![\d.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\d]|\.\d)(?:\/\d{1,2}(?!\d)|:\d{1,5}(?!\d))?/g;
/** Host names of clouds that spell the address out: `ip-10-0-0-5`. */
const SPELLED_IPV4 = /(?<![\w-])ip(?:-\d{1,3}){4}(?!\d)/g;
const IPV6_RUN =
  /(?<![\w:.])\[?([0-9A-Fa-f:]{2,39}(?:(?:\d{1,3}\.){3}\d{1,3})?)(%[\w.-]{1,16})?(?:\](?::\d{1,5})?|\/\d{1,3})?(?![\w:])/g;

/** Replaces IPv4 and IPv6 addresses, with their port or prefix length. */
export function redactNetworkAddresses(text: string): string {
  let out = text;
  // IPv6 first: it may end in an IPv4 address.
  if (out.includes(':'))
    out = out.replace(IPV6_RUN, (all, address: string) => (isAddress6(address) ? placeholder('address') : all));
  if (out.includes('.')) out = out.replace(IPV4, placeholder('address'));
  if (out.includes('ip-')) out = out.replace(SPELLED_IPV4, placeholder('address'));
  return out;
}

/** `a::b` may also be a name in a program, so that a digit or a third group is asked for. */
function isAddress6(run: string): boolean {
  const colons = run.split(':').length - 1;
  return colons >= 2 && (/\d/.test(run) || colons >= 3) && isIPv6(run);
}

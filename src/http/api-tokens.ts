import { createHash, timingSafeEqual } from 'node:crypto';
import { HaleError } from '../domain/errors.ts';

/** Each role may do what those before it may. */
export const ROLES = ['viewer', 'approver', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** A named token; `reveal` is asked at each request, so that a token renewed on disk is used at once. */
export interface ApiToken {
  readonly name: string;
  readonly role: Role;
  readonly token: { reveal(): string };
}

export interface Caller {
  readonly name: string;
  readonly role: Role;
}

export interface CallerRequest {
  readonly authorization?: string | undefined;
  /** The Host header. */
  readonly host?: string | undefined;
}

/** Says who calls, or throws unauthenticated or forbidden. */
export type Authorize = (request: CallerRequest, needed: Role) => Caller;

const LOCAL_READER: Caller = { name: 'local', role: 'viewer' };

/**
 * Named bearer tokens, compared in constant time, all of them each time. Without any token reading is open where only this machine can
 * ask; changing anything needs a token always: there is no default one.
 */
export function createAuthorize(tokens: readonly ApiToken[], listensOnLoopback: boolean): Authorize {
  const open = tokens.length === 0 && listensOnLoopback;
  return ({ authorization, host }, needed) => {
    const caller = authorization === undefined ? null : callerOf(tokens, authorization);
    if (caller === null && authorization === undefined && open && needed === 'viewer') {
      // A page in a browser can be made to call this machine under a name of its own; it cannot choose the Host header.
      if (isLocalName(host)) return LOCAL_READER;
      throw new HaleError(
        'forbidden',
        'without tokens only localhost may be asked; call http://127.0.0.1 or name tokens under api.tokens',
      );
    }
    if (caller === null) {
      const advice =
        tokens.length === 0
          ? 'no token is configured; name one under api.tokens'
          : 'send "Authorization: Bearer <token>" with a token of api.tokens';
      throw new HaleError('unauthenticated', `this needs a token with role ${needed}: ${advice}`);
    }
    if (ROLES.indexOf(caller.role) < ROLES.indexOf(needed)) {
      throw new HaleError('forbidden', `token ${caller.name} has role ${caller.role}; this needs role ${needed}`);
    }
    return caller;
  };
}

function callerOf(tokens: readonly ApiToken[], authorization: string): Caller | null {
  const given = /^bearer +(\S+)$/i.exec(authorization.trim())?.[1];
  if (given === undefined) return null;
  const hash = sha256(given);
  let found: Caller | null = null;
  for (const { name, role, token } of tokens) {
    if (timingSafeEqual(hash, sha256(revealed(token)))) found ??= { name, role };
  }
  return found;
}

/** A token that cannot be read any more equals none that is sent: an empty one never gets here. */
function revealed(token: ApiToken['token']): string {
  try {
    return token.reveal();
  } catch {
    return '';
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isLocalName(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

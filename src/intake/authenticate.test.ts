import { describe, expect, it } from 'vitest';
import { isHaleError } from '../domain/errors.ts';
import { createAuthenticator, type IntakeCredential, type Sender } from './authenticate.ts';

const secret = (text: string) => ({ reveal: () => text });
const BEARER: IntakeCredential = { kind: 'bearer', token: secret('first-token') };
const BASIC: IntakeCredential = { kind: 'basic', username: 'grafana', password: secret('pass:word') };
const MTLS: IntakeCredential = { kind: 'mtls' };

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
const sender = (fields: Partial<Sender>): Sender => ({
  authorization: undefined,
  certified: false,
  remoteAddress: '10.0.0.9',
  ...fields,
});

function letsIn(credentials: readonly IntakeCredential[], fields: Partial<Sender>): boolean {
  try {
    createAuthenticator(credentials)(sender(fields));
    return true;
  } catch (error) {
    if (isHaleError(error, 'unauthenticated')) return false;
    throw error;
  }
}

describe('who may send alerts', () => {
  it.each<[string, readonly IntakeCredential[], Partial<Sender>, boolean]>([
    ['the token', [BEARER], { authorization: 'Bearer first-token' }, true],
    ['the token, scheme in small letters', [BEARER], { authorization: 'bearer first-token' }, true],
    ['another token', [BEARER], { authorization: 'Bearer first-toke' }, false],
    ['the token as basic', [BEARER], { authorization: basic('first-token') }, false],
    ['no header', [BEARER], {}, false],
    ['an empty header', [BEARER], { authorization: '' }, false],
    ['no header, from this machine', [BEARER], { remoteAddress: '127.0.0.1' }, false],
    ['user and password', [BEARER, BASIC], { authorization: basic('grafana:pass:word') }, true],
    ['the first of two ways', [BEARER, BASIC], { authorization: 'Bearer first-token' }, true],
    ['another user', [BASIC], { authorization: basic('other:pass:word') }, false],
    ['no password', [BASIC], { authorization: basic('grafana:') }, false],
    ['a certificate', [MTLS], { certified: true }, true],
    ['no certificate', [MTLS], {}, false],
    ['a certificate where none is asked for', [BEARER], { certified: true }, false],
    ['nothing, from this machine', [], { remoteAddress: '127.0.0.1' }, true],
    ['nothing, from this machine over IPv6', [], { remoteAddress: '::ffff:127.0.0.1' }, true],
    ['nothing, from elsewhere', [], {}, false],
    ['nothing, from nobody knows where', [], { remoteAddress: undefined }, false],
  ])('%s', (_name, credentials, fields, expected) => {
    expect(letsIn(credentials, fields)).toBe(expected);
  });

  it('an empty secret is no credential', () => {
    expect(() => createAuthenticator([{ kind: 'bearer', token: secret('') }])).toThrow(/no default/);
  });

  it('the error names the setting of Alertmanager and no secret', () => {
    const authenticate = createAuthenticator([BEARER, BASIC]);

    expect(() => authenticate(sender({ authorization: 'Bearer wrong' }))).toThrow(
      'the credential does not fit; set authorization.credentials or basic_auth in http_config of the receiver that points at Hale',
    );
  });
});

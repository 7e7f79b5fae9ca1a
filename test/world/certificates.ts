import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto';

export interface Certificate {
  /** PEM, its own issuer: who trusts it names it as the authority. */
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly organization?: string;
  readonly ipAddresses?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const OIDS = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  basicConstraints: '2.5.29.19',
  subjectAltName: '2.5.29.17',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/** An X.509 certificate (RFC 5280) that signs itself, for a server and for a client; Node can read certificates but not make them. */
export function selfSigned(request: CertificateRequest): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(OIDS.ecdsaWithSha256));
  const name = nameOf(request);
  const serial = randomBytes(8);
  // The first bit is the sign, and a serial number is positive.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, serial),
    algorithm,
    name,
    sequence(time(request.notBefore), time(request.notAfter)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(request))),
  );
  const signature = createSign('SHA256').update(body).sign(privateKey);
  const whole = sequence(body, algorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return { certificate: pem(whole), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function nameOf({ commonName, organization }: CertificateRequest): Buffer {
  const part = (type: string, text: string) => tagged(0x31, sequence(oid(type), tagged(0x0c, Buffer.from(text))));
  return sequence(
    ...(organization === undefined ? [] : [part(OIDS.organization, organization)]),
    part(OIDS.commonName, commonName),
  );
}

function extensions({ ipAddresses = [], dnsNames = [] }: CertificateRequest): Buffer[] {
  const addresses = [
    ...dnsNames.map((it) => tagged(0x82, Buffer.from(it))),
    ...ipAddresses.map((it) => tagged(0x87, Buffer.from(it.split('.').map(Number)))),
  ];
  const extension = (type: string, value: Buffer) => sequence(oid(type), tagged(0x04, value));
  return [
    extension(OIDS.basicConstraints, sequence(tagged(0x01, Buffer.from([0xff])))),
    extension(OIDS.extendedKeyUsage, sequence(oid(OIDS.serverAuth), oid(OIDS.clientAuth))),
    ...(addresses.length === 0 ? [] : [extension(OIDS.subjectAltName, sequence(...addresses))]),
  ];
}

/** GeneralizedTime for any year, which readers take although RFC 5280 wants the two-digit form before 2050. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return tagged(0x06, Buffer.from(bytes));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

/** Tag, length, value (X.690): a length of up to 127 in one byte, a longer one after the count of its bytes. */
function tagged(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), value]);
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

import { connect, type DetailedPeerCertificate } from 'node:tls';
import { HaleError } from '../../domain/errors.ts';

/**
 * The certificate of the authority behind a server, in PEM, when it has this SHA-256 fingerprint. Nothing is sent to a server before it has proved
 * itself by that certificate: that an authority stands in the chain that a server shows is no proof, for anybody can show it.
 */
export async function authorityByFingerprint(url: string, fingerprint: string, timeoutMs: number): Promise<string> {
  const { hostname, port } = new URL(url);
  const root = rootOf(await shownBy(hostname.replace(/^\[|\]$/g, ''), Number(port || 443), timeoutMs));
  if (root === null) throw refused(url, 'does not send the certificate of its authority; name that as tls.caFile');
  if (plain(root.fingerprint256) !== plain(fingerprint))
    throw refused(url, `has another authority than tls.caFingerprint says: its fingerprint is ${root.fingerprint256}`);
  const lines = root.raw.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function shownBy(host: string, port: number, timeoutMs: number): Promise<DetailedPeerCertificate> {
  return new Promise((resolve, reject) => {
    const failed = (why: string) => reject(new HaleError('logs-unavailable', `https://${host}:${port}: ${why}`));
    // Only looked at: the connection ends before a byte of a request.
    const socket = connect(
      { host, port, rejectUnauthorized: false, ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }) },
      () => {
        resolve(socket.getPeerCertificate(true));
        socket.destroy();
      },
    );
    socket.setTimeout(timeoutMs, () => {
      failed('no answer to the greeting of TLS');
      socket.destroy();
    });
    socket.once('error', (error) => failed(error.message));
  });
}

const LONGEST_CHAIN = 16;

function rootOf(shown: DetailedPeerCertificate): DetailedPeerCertificate | null {
  let certificate = shown;
  for (let step = 0; step < LONGEST_CHAIN; step += 1) {
    const issuer = certificate.issuerCertificate as DetailedPeerCertificate | undefined;
    if (issuer === undefined) return null;
    if (issuer.fingerprint256 === certificate.fingerprint256) return issuer;
    certificate = issuer;
  }
  return null;
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toUpperCase();
}

function refused(url: string, why: string): HaleError {
  return new HaleError('logs-unavailable', `${url} ${why}`);
}

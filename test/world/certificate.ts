import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** A self-signed certificate of this name that ends in so many days, by openssl. */
export async function makeCertificate(commonName: string, days: number): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'hale-certificate-'));
  try {
    const keyFile = join(folder, 'tls.key');
    const certificateFile = join(folder, 'tls.crt');
    await runCommand('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', keyFile, '-out', certificateFile, '-subj', `/CN=${commonName}`, '-days', String(days)],
    ]);
    return { certificate: await readFile(certificateFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { selfSigned } from './certificates.ts';

const life = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2056-01-02T03:04:05Z') };

test('says what it was asked to say, and is its own issuer', () => {
  const names = { ipAddresses: ['10.244.0.1'], dnsNames: ['node.svc'] };
  const { certificate } = selfSigned({ commonName: 'node', organization: 'world', ...names, ...life });

  const read = new X509Certificate(certificate);

  expect(read.subject).toBe('O=world\nCN=node');
  expect(read.subjectAltName).toBe('DNS:node.svc, IP Address:10.244.0.1');
  expect(read.validFromDate).toEqual(life.notBefore);
  expect(read.validToDate).toEqual(life.notAfter);
  expect(read.verify(read.publicKey)).toBe(true);
});

test('serves TLS, and a client shows its own', async () => {
  const one = selfSigned({ commonName: 'server', ipAddresses: ['127.0.0.1'], ...life });
  const other = selfSigned({ commonName: 'client', ...life });
  const server = createServer({ cert: one.certificate, key: one.key, ca: other.certificate, requestCert: true });
  server.on('secureConnection', (socket) => socket.end(String(socket.getPeerCertificate().subject.CN)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const socket = connect({ host: '127.0.0.1', port, ca: one.certificate, cert: other.certificate, key: other.key });
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  server.close();

  expect(text).toBe('client');
});

import { readFile } from 'node:fs/promises';
import { HaleError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { systemClock } from '../timers/system-clock.ts';
import { createHttpTransport, type HttpAnswer, type TlsMaterial } from './transport.ts';

/** Asked at each request, so that a secret that is renewed on disk is used at once. */
export type SecretSource = () => string | Promise<string>;

export type HttpAuth =
  | { readonly bearer: SecretSource }
  | { readonly username: string; readonly password: SecretSource };

/** PEM files; read again when they are older than a minute, so that renewed certificates are picked up. */
export interface TlsFiles {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly serverName?: string;
}

export interface HttpTargetOptions {
  /** Where the server is, with its path prefix if it has one: `http://prometheus:9090/prefix`. */
  readonly url: string;
  readonly auth?: HttpAuth | undefined;
  readonly tls?: TlsFiles | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly timeoutMs: number;
  /** Largest answer that is read. */
  readonly maxBytes: number;
  readonly ioClock?: Clock | undefined;
  /** A connection for each request: for what must not be sent twice. */
  readonly ownConnections?: boolean;
}

export interface HttpTargetRequest {
  readonly method: 'GET' | 'POST';
  /** Below the base address, beginning with a slash; empty for the base address itself. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly body?: { readonly type: string; readonly text: string };
  readonly onText?: ((piece: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpTarget {
  /** The address as it may be shown: without query, never with credentials. */
  readonly shown: string;
  send(request: HttpTargetRequest): Promise<HttpAnswer>;
  close(): void;
}

const TLS_REREAD_MS = 60_000;

/** One configured server over HTTP. `key` names the configuration key in messages. Throws `config-invalid` for an address that cannot be used. */
export function createHttpTarget(key: string, options: HttpTargetOptions): HttpTarget {
  const base = parseBaseUrl(key, options.url);
  const ioClock = options.ioClock ?? systemClock;
  const transport = createHttpTransport(ioClock);
  const tls = createTlsSource(key, options.tls, ioClock);
  return {
    shown: `${base.origin}${base.pathname === '/' ? '' : base.pathname}`,
    async send({ method, path, query, body, signal, onText }) {
      const url = new URL(base);
      if (path !== '') url.pathname = `${base.pathname.replace(/\/+$/, '')}${path}`;
      if (query !== undefined) url.search = query.toString();
      return transport.exchange(
        {
          method,
          url,
          headers: {
            'user-agent': 'hale',
            accept: 'application/json',
            ...options.headers,
            ...(await authorization(options.auth)),
            ...(body === undefined ? {} : { 'content-type': body.type }),
          },
          ...(body === undefined ? {} : { body: body.text }),
          tls: await tls(),
          timeoutMs: options.timeoutMs,
          signal,
          onText,
          ownConnection: options.ownConnections ?? false,
        },
        options.maxBytes,
      );
    },
    close: () => transport.close(),
  };
}

export function parseBaseUrl(key: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new HaleError('config-invalid', `${key}: not an address; write http://HOST:PORT or https://HOST:PORT/PREFIX`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new HaleError('config-invalid', `${key}: the address holds a credential; write it under "auth" instead`);
  }
  return url;
}

async function authorization(auth: HttpAuth | undefined): Promise<Record<string, string>> {
  if (auth === undefined) return {};
  if ('bearer' in auth) return { authorization: `Bearer ${(await auth.bearer()).trim()}` };
  const pair = `${auth.username}:${await auth.password()}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function createTlsSource(
  key: string,
  files: TlsFiles | undefined,
  ioClock: Clock,
): () => Promise<TlsMaterial | undefined> {
  if (files === undefined) return () => Promise.resolve(undefined);
  let readAt = Number.NEGATIVE_INFINITY;
  let material: TlsMaterial | undefined;
  return async () => {
    if (material !== undefined && ioClock.now() - readAt < TLS_REREAD_MS) return material;
    const next = await readTlsFiles(key, files);
    readAt = ioClock.now();
    // The same object as long as nothing changed: connections are kept by it.
    if (material === undefined || !sameMaterial(material, next)) material = next;
    return material;
  };
}

function sameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}

async function readTlsFiles(key: string, files: TlsFiles): Promise<TlsMaterial> {
  const [ca, cert, privateKey] = await Promise.all(
    [files.caFile, files.certFile, files.keyFile].map(async (file) => {
      if (file === undefined) return undefined;
      return readFile(file, 'utf8').catch((cause: unknown) => {
        throw new HaleError('config-invalid', `${key}: the TLS file ${file} cannot be read`, { cause });
      });
    }),
  );
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(privateKey === undefined ? {} : { key: privateKey }),
    ...(files.serverName === undefined ? {} : { serverName: files.serverName }),
  };
}

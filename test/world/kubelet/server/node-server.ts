import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Certificate } from '../../certificates.ts';
import { type Clock, sleep } from '../../clock.ts';
import { describeError } from '../../errors.ts';
import { excerpt, type LogMark, type LogQuery, readLogQuery } from './log-excerpt.ts';

/** A log that can not be had, in the words of the kubelet. */
export class NoLog extends Error {
  readonly status: 400 | 404;

  constructor(status: 400 | 404, message: string) {
    super(message);
    this.name = 'NoLog';
    this.status = status;
  }
}

export interface NodeServerOptions {
  readonly address: string;
  readonly port: number;
  /** Plain HTTP for figures alone, as the kubelet's own read-only port. */
  readonly readOnlyPort: number;
  readonly serving: Certificate;
  /** Certificate of the API server; nobody else may read logs. */
  readonly clientCertificate: string;
  readonly clock: Clock;
  /** File of a container's log; throws NoLog. */
  readonly logOf: (namespace: string, pod: string, container: string, previous: boolean) => string;
  /** Whether a container still writes to it. */
  readonly isOpen: (file: string) => boolean;
  readonly marksOf: (file: string) => readonly LogMark[];
  /** Pages of figures by path. */
  readonly pages: Readonly<Record<string, () => string>>;
}

const FOLLOW_MS = 250;

/** The kubelet's two doors: logs for the API server over TLS, and figures for Prometheus. */
export class NodeServer {
  readonly #options: NodeServerOptions;
  readonly #servers: readonly Server[];
  readonly #stopping = new AbortController();

  constructor(options: NodeServerOptions) {
    this.#options = options;
    const { serving, clientCertificate } = options;
    const tls = { cert: serving.certificate, key: serving.key, ca: clientCertificate, requestCert: true };
    this.#servers = [
      createHttpsServer(tls, (request, answer) => void this.#answerLog(request, answer)),
      createHttpServer((request, answer) => this.#answerPage(request, answer)),
    ];
  }

  async start(): Promise<void> {
    const [secure, readOnly] = this.#servers;
    secure?.listen(this.#options.port, this.#options.address);
    readOnly?.listen(this.#options.readOnlyPort, this.#options.address);
    await Promise.all(this.#servers.map((it) => once(it, 'listening')));
  }

  stop(): void {
    this.#stopping.abort();
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  #answerPage(request: IncomingMessage, answer: ServerResponse): void {
    const page = this.#options.pages[request.url ?? ''];
    if (page === undefined) answer.writeHead(404).end(`pages: ${Object.keys(this.#options.pages).join(' ')}\n`);
    else answer.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(page());
  }

  async #answerLog(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'https://node');
    const [, what, ...names] = url.pathname.split('/');
    const [namespace, pod, container] = names.map(decodeURIComponent);
    if (what !== 'containerLogs' || namespace === undefined || pod === undefined || container === undefined) {
      answer.writeHead(404).end('not found');
      return;
    }
    try {
      const query = readLogQuery(url, this.#options.clock.now());
      const file = this.#options.logOf(namespace, pod, container, query.previous);
      await this.#sendLog(file, query, answer);
    } catch (error) {
      if (!answer.headersSent) answer.writeHead(error instanceof NoLog ? error.status : 500);
      answer.end(describeError(error));
    }
  }

  async #sendLog(file: string, query: LogQuery, answer: ServerResponse): Promise<void> {
    const log = await readFile(file);
    answer.writeHead(200, { 'content-type': 'text/plain' });
    answer.write(excerpt(log, query, this.#options.marksOf(file)));
    if (query.follow) await this.#follow(file, log.length, answer);
    answer.end();
  }

  /** Until whoever asked has gone, or the container runs no longer and all is sent. */
  async #follow(file: string, from: number, answer: ServerResponse): Promise<void> {
    const handle = await open(file, 'r');
    const chunk = Buffer.alloc(65_536);
    try {
      for (let at = from; !answer.closed && !this.#stopping.signal.aborted; ) {
        const isOpen = this.#options.isOpen(file);
        const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
        at += bytesRead;
        if (bytesRead > 0) answer.write(Buffer.from(chunk.subarray(0, bytesRead)));
        else if (!isOpen) return;
        else await sleep(this.#options.clock, FOLLOW_MS, this.#stopping.signal);
      }
    } finally {
      await handle.close();
    }
  }
}

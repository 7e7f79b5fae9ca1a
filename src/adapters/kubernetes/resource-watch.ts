import { HaleError, isHaleError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HttpStream } from '../http/transport.ts';
import type { KubeApi, KubeRequest } from './api.ts';
import { at, isObject, listAt, MalformedObject, numberAt, requiredText, textAt } from './json.ts';
import { readList } from './read-list.ts';
import { apiVersionOf, type KubeResource, pathOf, permissionFor } from './resources.ts';

/** Takes what a watch sees. */
export interface WatchSink {
  /** Collects a whole list, which becomes visible at `commit`. */
  refill(): { add(object: unknown): void; commit(): void };
  changed(object: unknown): void;
  deleted(object: unknown): void;
}

export interface WatchTarget {
  readonly resource: KubeResource;
  /** null: every namespace. */
  readonly namespace: string | null;
  /** Only the object of this name. */
  readonly name?: string;
}

/** How a watch stands. `lostSince` is when it was last known to be in step, in Hale's time; null while it is. */
export interface WatchState {
  readonly listed: boolean;
  readonly lostSince: number | null;
  readonly detail: string;
}

export interface WatchTimes {
  /** Without a byte for so long, the connection counts as half-open. */
  readonly idleLimitMs: number;
  readonly firstBackOffMs: number;
  readonly maxBackOffMs: number;
}

export interface ResourceWatchOptions {
  readonly api: KubeApi;
  readonly target: WatchTarget;
  readonly sink: WatchSink;
  readonly times: WatchTimes;
  /** Hale's time, in which `lostSince` is told. */
  readonly now: () => number;
  readonly ioClock: Clock;
  readonly random: () => number;
  /** Lists wait here for one another: a page is many times as large as what is kept of it. */
  readonly turns: Turns;
  readonly onChange: (target: WatchTarget, event: WatchChange, detail: string) => void;
}

/** Runs a few at a time. */
export type Turns = <T>(run: () => Promise<T>) => Promise<T>;

export type WatchChange = 'listed' | 'lost' | 'expired' | 'regained';

/**
 * A page is held three times over while it is read. With 1,000 workloads and 3,000 pods, listing them by 500 (as kubectl does) takes 63 MB of
 * resident memory, by 100 it takes 46 MB (measured on Node 24). Smaller ones cost waits: a busy server lets each page wait its turn.
 */
const PAGE_SIZE = 250;
/** The server ends a watch after this share of the time after which silence counts as a lost connection. */
const SHARE_OF_IDLE_LIMIT = { least: 0.5, spread: 0.25 } as const;
/** etcd takes objects of at most 1.5 MB; a longer line is no event. */
const MAX_LINE_LENGTH = 4 * 1024 * 1024;
/** A watch that ended sooner and brought nothing did not work; it is not simply opened again. */
const HEALTHY_AFTER_MS = 5_000;
/** A longer Retry-After is not believed. */
const MAX_RETRY_AFTER_MS = 120_000;

/** The version to resume from is no longer known to the server: only a new list helps. */
class VersionExpired extends Error {}

/**
 * Keeps a sink in step with one collection: lists it page by page, follows it by a watch from there, resumes after interruptions, and lists
 * again when the server has forgotten the version. Never throws and never gives up; `state()` says how it stands.
 */
export class ResourceWatch {
  readonly #options: ResourceWatchOptions;
  readonly #stopping = new AbortController();
  readonly #listed = Promise.withResolvers<void>();
  #running: Promise<void> | null = null;
  #version: string | null = null;
  #hasListed = false;
  #lastContactAt: number;
  #lostSince: number | null = null;
  #detail = '';
  #failures = 0;

  constructor(options: ResourceWatchOptions) {
    this.#options = options;
    this.#lastContactAt = options.now();
  }

  start(): void {
    this.#lastContactAt = this.#options.now();
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Resolves when the collection was listed for the first time. */
  get listed(): Promise<void> {
    return this.#listed.promise;
  }

  state(): WatchState {
    return { listed: this.#hasListed, lostSince: this.#lostSince, detail: this.#detail };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      let retryAfterMs = 0;
      try {
        this.#version ??= await this.#options.turns(() => this.#list());
        const wasHealthy = await this.#follow(this.#version);
        this.#failures = wasHealthy ? 0 : this.#failures + 1;
      } catch (error) {
        if (signal.aborted) return;
        retryAfterMs = this.#fail(error);
      }
      if (this.#failures > 0) await this.#pause(retryAfterMs);
    }
  }

  #fail(error: unknown): number {
    this.#failures += 1;
    if (error instanceof VersionExpired) {
      this.#version = null;
      this.#lose('expired', 'the server has forgotten the version that the watch had reached');
      return 0;
    }
    this.#lose('lost', error instanceof Error ? error.message : String(error));
    const asked = isHaleError(error) ? error.details['retryAfterMs'] : undefined;
    return typeof asked === 'number' ? Math.min(asked, MAX_RETRY_AFTER_MS) : 0;
  }

  #lose(event: WatchChange, detail: string): void {
    this.#lostSince ??= this.#lastContactAt;
    this.#detail = detail;
    this.#options.onChange(this.#options.target, event, detail);
  }

  #contact(): void {
    this.#lastContactAt = this.#options.now();
    if (this.#lostSince === null) return;
    this.#lostSince = null;
    this.#detail = '';
    this.#options.onChange(this.#options.target, 'regained', '');
  }

  /** Doubles from failure to failure, with jitter over its upper half, so that many daemons do not come back in one moment. */
  #pause(atLeastMs: number): Promise<void> {
    const { times, random, ioClock } = this.#options;
    const backOffMs = Math.min(times.maxBackOffMs, times.firstBackOffMs * 2 ** Math.min(this.#failures - 1, 20));
    const delayMs = Math.max(atLeastMs, backOffMs * (0.5 + random() / 2));
    return new Promise((resolve) => {
      const { signal } = this.#stopping;
      if (signal.aborted) return resolve();
      const onAbort = (): void => {
        cancel();
        resolve();
      };
      const cancel = ioClock.setTimer(delayMs, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      return signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #request(verb: 'list' | 'watch', query: Record<string, string>): KubeRequest {
    const { resource, namespace, name } = this.#options.target;
    // A server that cannot cut an object down to its metadata answers with all of it.
    const shape = verb === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata';
    return {
      operation: { permission: permissionFor(resource, verb), namespace, name, writes: false },
      path: pathOf(resource, { namespace: resource.namespaced ? namespace : null }),
      query: { ...query, ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }) },
      signal: this.#stopping.signal,
      ...(resource.metadataOnly ? { accept: `application/json;as=${shape};g=meta.k8s.io;v=v1, application/json` } : {}),
    };
  }

  /** The whole collection, page by page; returns the version that it is from. */
  async #list(): Promise<string> {
    const { api, sink, target } = this.#options;
    const refill = sink.refill();
    let token = '';
    let version = '';
    do {
      const answer = await api.call({
        ...this.#request('list', { limit: String(PAGE_SIZE), ...(token === '' ? {} : { continue: token }) }),
        alsoAccept: [410],
        read: (text) => readList(text, (item) => this.#guarded(() => refill.add(item))),
      });
      // Paging took so long that the server forgot the list's version.
      if (answer.status === 410) throw new VersionExpired();
      const page = answer.body;
      if (!Array.isArray(at(page, 'items'))) throw malformed(target, 'a list without items');
      version = textAt(page, 'metadata', 'resourceVersion') ?? '';
      if (version === '') throw malformed(target, 'a list without a resourceVersion');
      // Empty where the items were read one by one.
      for (const item of listAt(page, 'items')) this.#guarded(() => refill.add(item));
      token = textAt(page, 'metadata', 'continue') ?? '';
    } while (token !== '');
    refill.commit();
    this.#hasListed = true;
    this.#contact();
    this.#options.onChange(target, 'listed', '');
    this.#listed.resolve();
    return version;
  }

  /** Follows one watch to its end; whether it worked. Throws when it was cut, went silent, or brought an error. */
  async #follow(version: string): Promise<boolean> {
    const { api, ioClock, times } = this.#options;
    // The server ends a quiet watch before it would count as half-open: where nothing happens it may send no bookmark for minutes. Spread
    // out, so that the watches do not all begin anew at once.
    const share = SHARE_OF_IDLE_LIMIT.least + this.#options.random() * SHARE_OF_IDLE_LIMIT.spread;
    const seconds = Math.max(1, Math.floor((times.idleLimitMs * share) / 1_000));
    const openedAt = ioClock.now();
    const stream = await api
      .stream(
        this.#request('watch', {
          watch: 'true',
          resourceVersion: version,
          allowWatchBookmarks: 'true',
          timeoutSeconds: String(seconds),
        }),
      )
      .catch((error: unknown) => {
        throw isHaleError(error) && error.details['status'] === 410 ? new VersionExpired() : error;
      });
    const before = { lastContactAt: this.#lastContactAt, lostSince: this.#lostSince };
    this.#contact();
    let events = 0;
    let isSilent = false;
    let cancelIdle = (): void => {};
    const awaitData = (): void => {
      cancelIdle();
      cancelIdle = ioClock.setTimer(times.idleLimitMs, () => {
        isSilent = true;
        stream.cancel();
      });
    };
    awaitData();
    try {
      for await (const line of linesOf(stream)) {
        awaitData();
        if (line === null) continue;
        this.#take(line);
        events += 1;
        this.#failures = 0;
      }
    } catch (error) {
      // A watch that only opens to say that it cannot resume was no contact.
      if (error instanceof VersionExpired && events === 0) {
        this.#lastContactAt = before.lastContactAt;
        this.#lostSince = before.lostSince;
      }
      if (error instanceof VersionExpired || isHaleError(error)) throw error;
      const why = isSilent
        ? `silent for ${times.idleLimitMs} ms`
        : `cut: ${error instanceof Error ? error.message : ''}`;
      throw unavailable(this.#options.target, `the watch was ${why}`, error);
    } finally {
      cancelIdle();
      stream.cancel();
    }
    return events > 0 || ioClock.now() - openedAt >= HEALTHY_AFTER_MS;
  }

  #take(line: string): void {
    const { sink, target } = this.#options;
    let event: unknown;
    try {
      event = JSON.parse(line);
    } catch (cause) {
      throw malformed(target, 'something else than JSON in the watch', cause);
    }
    const type = textAt(event, 'type');
    const object = at(event, 'object');
    if (type === 'ERROR') throw this.#errorEvent(object);
    if (type === null || !isObject(object)) throw malformed(target, 'an event without type and object');
    this.#guarded(() => {
      const version = requiredText(object, 'metadata', 'resourceVersion');
      if (type === 'ADDED' || type === 'MODIFIED') sink.changed(object);
      else if (type === 'DELETED') sink.deleted(object);
      this.#version = version;
    });
    this.#contact();
  }

  #errorEvent(status: unknown): Error {
    const code = numberAt(status, 'code');
    const message = textAt(status, 'message') ?? 'no explanation';
    if (code === 410) return new VersionExpired(message);
    return unavailable(this.#options.target, `the watch brought error ${code ?? 'without a code'}: ${message}`);
  }

  #guarded(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (error instanceof MalformedObject) throw malformed(this.#options.target, error.message, error);
      throw error;
    }
  }
}

/** The lines of a stream, and null for every piece that completes none: data, however little, shows that the other side lives. */
async function* linesOf(stream: HttpStream): AsyncGenerator<string | null> {
  stream.body.setEncoding('utf8');
  let pending = '';
  for await (const piece of stream.body as AsyncIterable<string>) {
    const lines = (pending + piece).split('\n');
    pending = lines.pop() ?? '';
    if (pending.length > MAX_LINE_LENGTH) throw new Error('a line of the watch is longer than any event');
    if (lines.length === 0) yield null;
    for (const line of lines) if (line !== '') yield line;
  }
  if (!stream.body.complete) throw new Error('the connection ended in the middle of the answer');
}

function watchName({ resource, namespace }: WatchTarget): string {
  return `${resource.plural}.${apiVersionOf(resource)}${namespace === null ? '' : ` in namespace ${namespace}`}`;
}

function unavailable(target: WatchTarget, why: string, cause?: unknown): HaleError {
  return new HaleError('cluster-unavailable', `${watchName(target)}: ${why}`, { cause });
}

function malformed(target: WatchTarget, what: string, cause?: unknown): HaleError {
  return unavailable(target, `the API server sent ${what}`, cause);
}

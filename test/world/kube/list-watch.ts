import type { IncomingMessage } from 'node:http';
import { type Clock, sleep } from '../clock.ts';
import { describeError } from '../errors.ts';
import { isKubeStatus, type KubeClient } from './client.ts';
import type { KubeList, KubeObject, WatchEvent } from './types.ts';

export interface ListWatchOptions<T> {
  readonly client: KubeClient;
  /** Collection, with a selector as its query if wanted: `/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1`. */
  readonly path: string;
  readonly clock: Clock;
  /** Called for each difference; `deleted` carries the last known state. */
  readonly onChange: (object: T, change: 'present' | 'deleted') => void;
  readonly onTrouble?: (line: string) => void;
}

const RETRY_MS = 250;

/** Keeps a copy of a collection: lists once, watches from there, lists again when the watch can not go on. */
export class ListWatch<T extends KubeObject> {
  readonly #options: ListWatchOptions<T>;
  readonly #items = new Map<string, T>();
  readonly #abort = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(options: ListWatchOptions<T>) {
    this.#options = options;
  }

  /** Resolves after the first list; throws if that one fails. */
  async start(): Promise<void> {
    const version = await this.#list();
    this.#loop = this.#follow(version);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#loop;
  }

  items(): readonly T[] {
    return [...this.#items.values()];
  }

  async #follow(firstVersion: string): Promise<void> {
    let version: string | undefined = firstVersion;
    while (!this.#abort.signal.aborted) {
      try {
        version ??= await this.#list();
        version = await this.#watch(version);
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        // Too old a version is the normal end of a long watch; everything else deserves a line.
        if (!isKubeStatus(error, 410)) this.#options.onTrouble?.(`${this.#options.path}: ${describeError(error)}`);
        version = undefined;
        await sleep(this.#options.clock, RETRY_MS, this.#abort.signal);
      }
    }
  }

  async #list(): Promise<string> {
    const list = await this.#options.client.get<KubeList<T>>(this.#options.path);
    const gone = new Map(this.#items);
    for (const item of list.items) {
      const key = keyOf(item);
      gone.delete(key);
      if (this.#items.get(key)?.metadata.resourceVersion !== item.metadata.resourceVersion) this.#set(item);
    }
    for (const item of gone.values()) this.#remove(item);
    return list.metadata.resourceVersion ?? '';
  }

  /** Returns the version to watch from next, or undefined when only a new list helps. */
  async #watch(from: string): Promise<string | undefined> {
    const { client, path } = this.#options;
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=290&resourceVersion=${from}`;
    const stream = await client.stream(`${path}${path.includes('?') ? '&' : '?'}${query}`, this.#abort.signal);
    let version: string | undefined = from;
    for await (const line of linesOf(stream)) {
      const event = JSON.parse(line) as WatchEvent<T>;
      if (event.type === 'ERROR') return undefined;
      version = event.object.metadata.resourceVersion;
      if (event.type === 'DELETED') this.#remove(event.object);
      else if (event.type !== 'BOOKMARK') this.#set(event.object);
    }
    return version;
  }

  #set(item: T): void {
    this.#items.set(keyOf(item), item);
    this.#options.onChange(item, 'present');
  }

  #remove(item: T): void {
    this.#items.delete(keyOf(item));
    this.#options.onChange(item, 'deleted');
  }
}

/** The UID, so that an object made anew under an old name is another one. */
function keyOf(object: KubeObject): string {
  return object.metadata.uid ?? `${object.metadata.namespace}/${object.metadata.name}`;
}

async function* linesOf(stream: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    rest += String(chunk);
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (line !== '') yield line;
    }
  }
}

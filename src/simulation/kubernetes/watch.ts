import type { ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { ObjectStore, WatchEvent } from './object-store.ts';
import type { KubeObject } from './objects.ts';
import type { Resource } from './resources.ts';
import { groupVersion } from './resources.ts';
import type { ObjectFilter } from './selectors.ts';
import { gone, statusBody } from './status-error.ts';

export interface WatchRequest {
  resource: Resource;
  namespace: string | undefined;
  filter: ObjectFilter;
  /** Undefined: begin with what is there, as ADDED events. */
  afterRevision: number | undefined;
  allowBookmarks: boolean;
  timeoutMs: number;
  encode: (object: KubeObject) => string;
}

export interface WatchHub {
  open(request: WatchRequest, response: ServerResponse): void;
  /** Cuts every open watch; `gone` sends the 410 ERROR event first. */
  drop(how: 'cut' | 'gone'): void;
  openCount(): number;
}

/** Streams changes as one JSON document per line. The clock is the wall's, as the clients' time-outs are. */
export function createWatchHub({
  store,
  wall,
  bookmarkMs,
}: {
  store: ObjectStore;
  wall: Clock;
  bookmarkMs: number;
}): WatchHub {
  const open = new Map<ServerResponse, { request: WatchRequest; close: () => void }>();

  const send = (response: ServerResponse, type: string, object: string): void => {
    response.write(`{"type":"${type}","object":${object}}\n`);
  };
  const sendGone = (response: ServerResponse, asked: number | string): void => {
    send(
      response,
      'ERROR',
      JSON.stringify(statusBody(gone(`too old resource version: ${asked} (${store.revision()})`))),
    );
  };
  const isWanted = ({ filter, namespace }: WatchRequest, object: KubeObject): boolean =>
    (namespace === undefined || object.metadata.namespace === namespace) && filter(object);

  // An object that enters the selector is ADDED, one that leaves it is DELETED, whatever happened to it.
  const deliver = (request: WatchRequest, response: ServerResponse, event: WatchEvent): void => {
    const now = event.type !== 'DELETED' && isWanted(request, event.object);
    const before = event.previous !== undefined && isWanted(request, event.previous);
    if (!now && !before) return;
    const type = now ? (before ? 'MODIFIED' : 'ADDED') : 'DELETED';
    send(response, type, request.encode(event.object));
  };
  const sendBookmark = ({ resource }: WatchRequest, response: ServerResponse): void => {
    const bookmark = {
      kind: resource.kind,
      apiVersion: groupVersion(resource),
      metadata: { resourceVersion: String(store.revision()), creationTimestamp: null },
    };
    send(response, 'BOOKMARK', JSON.stringify(bookmark));
  };

  store.subscribe((resource, event) => {
    for (const [response, { request }] of open) {
      if (request.resource.storage === resource.storage) deliver(request, response, event);
    }
  });

  return {
    open(request, response) {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
      response.flushHeaders();
      const { resource, namespace, afterRevision } = request;
      const missed = afterRevision === undefined ? [] : store.eventsAfter(resource, afterRevision);
      if (missed === undefined) {
        sendGone(response, afterRevision ?? 0);
        response.end();
        return;
      }
      if (afterRevision === undefined) {
        for (const object of store.list(resource, namespace)) {
          if (request.filter(object)) send(response, 'ADDED', request.encode(object));
        }
      }
      for (const event of missed) deliver(request, response, event);

      let cancelBookmark = (): void => undefined;
      const bookmark = (): void => {
        sendBookmark(request, response);
        cancelBookmark = wall.setTimer(bookmarkMs, bookmark);
      };
      if (request.allowBookmarks) cancelBookmark = wall.setTimer(bookmarkMs, bookmark);
      let cancelTimeout = (): void => undefined;
      const close = (): void => {
        cancelBookmark();
        cancelTimeout();
        open.delete(response);
      };
      cancelTimeout = wall.setTimer(request.timeoutMs, () => {
        if (request.allowBookmarks) sendBookmark(request, response);
        close();
        response.end();
      });
      open.set(response, { request, close });
      response.on('close', close);
    },
    drop(how) {
      for (const [response, { close }] of open) {
        close();
        if (how === 'gone') {
          sendGone(response, 0);
          response.end();
        } else {
          response.destroy();
        }
      }
    },
    openCount: () => open.size,
  };
}

import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from './clock.ts';
import type { KubeClient } from './kube/client.ts';
import { ListWatch } from './kube/list-watch.ts';
import type { EndpointSlice, Service } from './kube/types.ts';
import { type Route, serviceRoutes } from './service-routes.ts';

export interface ServiceProxyOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly onTrouble: (line: string) => void;
}

interface Listener {
  readonly server: Server;
  route: Route;
  /** Count of connections so far: the next one goes to the endpoint after the last. */
  turn: number;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Gives Services their addresses: listens on each cluster address and passes connections on to the endpoints in turn. It balances connections,
 * not requests, as kube-proxy does, and refuses connections to a Service without endpoints.
 */
export class ServiceProxy {
  readonly #listeners = new Map<string, Listener>();
  readonly #sockets = new Set<Socket>();
  readonly #services: ListWatch<Service>;
  readonly #slices: ListWatch<EndpointSlice>;
  readonly #onTrouble: (line: string) => void;
  #scheduled = false;
  #stopped = false;

  constructor({ client, clock, onTrouble }: ServiceProxyOptions) {
    this.#onTrouble = onTrouble;
    const onChange = () => this.#schedule();
    this.#services = new ListWatch({ client, clock, path: '/api/v1/services', onChange, onTrouble });
    const slices = '/apis/discovery.k8s.io/v1/endpointslices';
    this.#slices = new ListWatch({ client, clock, path: slices, onChange, onTrouble });
  }

  async start(): Promise<void> {
    await Promise.all([this.#services.start(), this.#slices.start()]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#services.stop(), this.#slices.stop()]);
    for (const { server } of this.#listeners.values()) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** A rollout changes slices in bursts; one look at the end of the burst is enough. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#stopped) this.#apply();
    });
  }

  #apply(): void {
    const wanted = new Map<string, Route>();
    for (const route of serviceRoutes(this.#services.items(), this.#slices.items())) {
      if (route.endpoints.length > 0) wanted.set(`${route.host}:${route.port}`, route);
    }
    for (const [key, { server }] of this.#listeners) {
      if (wanted.has(key)) continue;
      server.close();
      this.#listeners.delete(key);
    }
    for (const [key, route] of wanted) {
      const listener = this.#listeners.get(key);
      if (listener) listener.route = route;
      else this.#listen(key, route);
    }
  }

  #listen(key: string, route: Route): void {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#forward(client, listener));
    const listener: Listener = { server, route, turn: 0 };
    this.#listeners.set(key, listener);
    server.on('error', (error) => {
      this.#onTrouble(`service address ${key}: ${error.message}`);
      this.#listeners.delete(key);
    });
    server.listen({ host: route.host, port: route.port, backlog: 1024 });
  }

  #forward(client: Socket, listener: Listener): void {
    const { endpoints } = listener.route;
    const endpoint = endpoints[listener.turn % Math.max(1, endpoints.length)];
    listener.turn += 1;
    this.#track(client);
    if (endpoint === undefined) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ ...endpoint, allowHalfOpen: true, noDelay: true });
    this.#track(upstream);
    upstream.setTimeout(CONNECT_TIMEOUT_MS, () => upstream.destroy(new Error('connect timed out')));
    upstream.once('connect', () => upstream.setTimeout(0));
    upstream.on('error', () => client.resetAndDestroy());
    client.on('error', () => upstream.resetAndDestroy());
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.pipe(upstream);
    upstream.pipe(client);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

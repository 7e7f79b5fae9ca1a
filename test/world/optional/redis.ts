import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { NODE_ADDRESS, PORTS } from '../network.ts';
import { answers, type OptionalContext, startReady } from './context.ts';

export interface Redis {
  readonly url: string;
}

const PING_TIMEOUT_MS = 2_000;

/** Redis with the settings that a store of Hale asks for, and its exporter. */
export async function startRedis(
  context: OptionalContext,
  programs: Readonly<Record<'redis-server' | 'redis-exporter', string>>,
): Promise<Redis> {
  const folder = join(context.folder, 'redis');
  await mkdir(folder, { recursive: true });
  const settings = {
    port: PORTS.redis,
    bind: NODE_ADDRESS,
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'always',
    'maxmemory-policy': 'noeviction',
    // Nothing but the world's own network namespace can reach it.
    'protected-mode': 'no',
    save: '',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  await startReady(context, { name: 'redis', command: programs['redis-server'], args }, isUp);
  const url = `redis://${NODE_ADDRESS}:${PORTS.redis}`;
  const address = `${NODE_ADDRESS}:${PORTS.redisExporter}`;
  await startReady(
    context,
    {
      name: 'redis-exporter',
      command: programs['redis-exporter'],
      args: ['-redis.addr', url, '-web.listen-address', address],
    },
    () => answers(`http://${address}/metrics`),
  );
  return { url };
}

function isUp(): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: NODE_ADDRESS, port: PORTS.redis, timeout: PING_TIMEOUT_MS });
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('data', (data) => {
      socket.end();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.write('PING\r\n');
  });
}

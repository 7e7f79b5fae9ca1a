import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import { NODE_ADDRESS, PORTS } from './network.ts';
import type { Parts } from './parts-list.ts';
import { type OnDeath, ServerProcess } from './server-process.ts';
import type { Stops } from './stops.ts';

/** Where alerts are posted to. */
export interface Webhook {
  readonly url: string;
  readonly bearerToken: string;
}

export interface AlertmanagerOptions {
  readonly parts: Parts;
  readonly folder: string;
  readonly logFolder: string;
  readonly clock: Clock;
  readonly stops: Stops;
  readonly signal: AbortSignal;
  readonly onDeath: OnDeath;
  readonly webhook?: Webhook;
}

export interface Alertmanager {
  readonly url: string;
  readonly server: ServerProcess;
  /** Points the receiver somewhere else, or nowhere, without a restart. */
  setWebhook(webhook: Webhook | undefined): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;

export async function startAlertmanager(options: AlertmanagerOptions): Promise<Alertmanager> {
  const { folder, parts, stops } = options;
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, 'alertmanager.yml');
  const write = (webhook: Webhook | undefined) =>
    writeFile(configFile, JSON.stringify(alertmanagerConfig(webhook), null, 2), { mode: 0o600 });
  await write(options.webhook);
  const server = ServerProcess.start(
    {
      name: 'alertmanager',
      command: parts.alertmanager,
      args: [
        `--config.file=${configFile}`,
        `--storage.path=${join(folder, 'data')}`,
        `--web.listen-address=${NODE_ADDRESS}:${PORTS.alertmanager}`,
        // No gossip: there is one Alertmanager, and it must not look for others.
        '--cluster.listen-address=',
      ],
      logFolder: options.logFolder,
    },
    options.clock,
    options.onDeath,
  );
  stops.add('alertmanager', () => server.stop());
  const url = `http://${NODE_ADDRESS}:${PORTS.alertmanager}`;
  await server.ready(async () => (await fetch(`${url}/-/ready`)).ok, READY_TIMEOUT_MS, options.signal);
  return {
    url,
    server,
    async setWebhook(webhook) {
      await write(webhook);
      const answer = await fetch(`${url}/-/reload`, { method: 'POST' });
      if (!answer.ok) throw new Error(`alertmanager refuses its new configuration: ${await answer.text()}`);
    },
  };
}

/** The periods are short so that a run is short; production has half a minute, five minutes and four hours. */
export function alertmanagerConfig(webhook: Webhook | undefined) {
  return {
    route: {
      receiver: 'hale',
      group_by: ['alertname', 'namespace', 'deployment'],
      group_wait: '1s',
      group_interval: '5s',
      repeat_interval: '1m',
    },
    receivers: [
      {
        name: 'hale',
        ...(webhook
          ? {
              webhook_configs: [
                {
                  url: webhook.url,
                  send_resolved: true,
                  http_config: { authorization: { type: 'Bearer', credentials: webhook.bearerToken } },
                },
              ],
            }
          : {}),
      },
    ],
  };
}

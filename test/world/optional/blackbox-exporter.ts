import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NODE_ADDRESS, PORTS } from '../network.ts';
import { answers, type OptionalContext, startReady } from './context.ts';

export const BLACKBOX_ADDRESS = `${NODE_ADDRESS}:${PORTS.blackboxExporter}`;

/** Looks at TLS listeners from outside, as most installations do; Prometheus names the targets. */
export async function startBlackboxExporter(context: OptionalContext, program: string): Promise<void> {
  const folder = join(context.folder, 'blackbox-exporter');
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'blackbox.yml');
  // Self-signed certificates are to be read, not to be trusted.
  const tls = { prober: 'tcp', timeout: '2s', tcp: { tls: true, tls_config: { insecure_skip_verify: true } } };
  await writeFile(config, JSON.stringify({ modules: { tls } }));
  const args = [`--config.file=${config}`, `--web.listen-address=${BLACKBOX_ADDRESS}`];
  await startReady(context, { name: 'blackbox-exporter', command: program, args }, () =>
    answers(`http://${BLACKBOX_ADDRESS}/-/healthy`),
  );
}

import { type AddressInfo, createServer } from 'node:net';
import { findPart } from '../world/parts.ts';
import { PARTS, type PartName } from '../world/parts-list.ts';

/**
 * Looks for real programs where HALE_PARTS or KUBEBUILDER_ASSETS says, and never builds any. null, and a line that says why, without either
 * variable or without a program; with HALE_REQUIRE_PARTS=1 that is an error.
 */
export async function findRealParts(
  suite: string,
  names: readonly PartName[],
): Promise<Readonly<Record<string, string>> | null> {
  const { env } = process;
  const isRequired = env['HALE_REQUIRE_PARTS'] === '1';
  const isWanted = isRequired || Boolean(env['HALE_PARTS'] || env['KUBEBUILDER_ASSETS']);
  const paths: Record<string, string> = {};
  const missing: string[] = [];
  for (const name of isWanted ? names : []) {
    const path = await findPart(PARTS[name], { env, progress: { say: (line) => console.error(line) } });
    if (path === undefined) missing.push(`${name} (${PARTS[name].install})`);
    else paths[name] = path;
  }
  if (isWanted && missing.length === 0) return paths;
  const why = isWanted ? `missing: ${missing.join('; ')}` : 'set HALE_PARTS to a folder of server programs to run it';
  if (isRequired) throw new Error(`${suite}: ${why}`);
  console.error(`${suite}: not run; ${why}`);
  return null;
}

/** Ports that the kernel had free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((it) => (it.address() as AddressInfo).port);
  await Promise.all(servers.map((it) => new Promise((resolve) => it.close(resolve))));
  return ports;
}

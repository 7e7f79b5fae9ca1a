import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

const POLICIES = resolve(import.meta.dirname, '../../rules/policies');
const ROLLBACKS = ['roll-back-bad-releases', 'roll-back-crashing-releases', 'raise-memory-when-killed'];

interface Rung {
  readonly remediation: string;
  readonly settings?: object;
}

/**
 * The shipped policies in which something is rolled back, for a world that has stood for a minute: there no release can have served well for
 * the ten minutes that they ask for. Everything else is as shipped.
 */
export async function youngPolicies(): Promise<Record<string, object>> {
  const policies: Record<string, object> = {};
  for (const name of ROLLBACKS) {
    const shipped = parse(await readFile(join(POLICIES, `${name}.yaml`), 'utf8')) as { ladder: Rung[] };
    const ladder = shipped.ladder.map((rung) =>
      rung.remediation === 'rollback-release'
        ? { ...rung, settings: { ...rung.settings, minHealthyMinutes: 0 } }
        : rung,
    );
    policies[name] = { ...shipped, id: `${name}-in-a-young-world`, ladder };
  }
  return policies;
}

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The version of this Hale. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** The folders of rules that ship with Hale. */
export const BUILTIN_POLICIES = fileURLToPath(new URL('../../rules/policies', import.meta.url));
export const BUILTIN_ALERTS = fileURLToPath(new URL('../../rules/alerts', import.meta.url));

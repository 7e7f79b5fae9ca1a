import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FAULTS } from './faults/index.ts';
import { joinFaults, loadFaults } from './load-faults.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faults-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

function fault(change: Record<string, string> = {}): string {
  const fields = {
    id: "'from-elsewhere'",
    description: "'catalog burns its processor'",
    smoke: 'false',
    quietRatePerS: '20',
    causeExpected: "'cpu-saturated'",
    leverExpected: "'notify'",
    mayMove: '[]',
    on: '({ shop }) => shop.setFaults("catalog", { cpuBurnMs: 50 })',
    off: '({ shop }) => shop.setFaults("catalog", { cpuBurnMs: 0 })',
    ...change,
  };
  return `export const fault = { ${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')} };\n`;
}

test('takes one fault from each file, whatever it is called there, and leaves other files alone', async () => {
  await writeFile(join(folder, 'one.mjs'), fault());
  await writeFile(join(folder, 'two.mjs'), fault({ id: "'another'" }).replace('const fault', 'const second'));
  await writeFile(join(folder, 'one.test.mjs'), 'throw new Error("never loaded")');
  await writeFile(join(folder, 'README.md'), 'text');

  const faults = await loadFaults(folder);

  expect(faults.map(({ id }) => id)).toEqual(['from-elsewhere', 'another']);
});

test('the fault that the documentation shows is one', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/world.md'), 'utf8');
  await writeFile(join(folder, 'shown.mjs'), /```js\n([^`]*)```/.exec(page)?.[1] ?? '');

  expect(await loadFaults(folder)).toMatchObject([{ id: 'slow-payments' }]);
});

test.each([
  { what: 'a cause that is none', text: fault({ causeExpected: "'gremlins'" }), says: /bad\.mjs: causeExpected: / },
  { what: 'no way back', text: fault({ off: 'undefined' }), says: /bad\.mjs: off: must be a function of the stage/ },
  { what: 'a misspelt key', text: fault({ smokes: 'true' }), says: /smokes/ },
  { what: 'a service that is none', text: fault({ shop: '{ stock: { replicas: 1 } }' }), says: /bad\.mjs: shop/ },
  { what: 'a part that is none', text: fault({ needs: "['kafka']" }), says: /bad\.mjs: needs\.0: / },
  { what: 'a cause without a lever', text: fault({ leverExpected: 'null' }), says: /both are null, or neither is/ },
  { what: 'no fault', text: 'export const x = 1;', says: /bad\.mjs: exports no fault/ },
  { what: 'a file that throws', text: 'throw new Error("broken")', says: /bad\.mjs: cannot be loaded: broken/ },
])('refuses $what in one line that names the file', async ({ text, says }) => {
  await writeFile(join(folder, 'bad.mjs'), text);

  const error: unknown = await loadFaults(folder).catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ code: 'bad-fault' });
  expect((error as Error).message).toMatch(says);
  expect((error as Error).message.split('\n')).toHaveLength(1);
});

test('refuses a folder without faults, and one that is not there', async () => {
  await expect(loadFaults(folder)).rejects.toThrow('no .ts, .mts, .js or .mjs file in it');
  await expect(loadFaults(join(folder, 'nowhere'))).rejects.toThrow('ENOENT');
});

test('refuses a fault whose id is taken', async () => {
  await writeFile(join(folder, 'one.mjs'), fault({ id: "'quiet'" }));

  expect(() => joinFaults(FAULTS, [])).not.toThrow();
  const added = await loadFaults(folder);
  expect(() => joinFaults(FAULTS, added)).toThrow('two faults have the id quiet');
});

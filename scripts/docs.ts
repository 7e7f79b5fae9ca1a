// Writes the generated pages of docs/, and the chart's list of permissions.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chartRules } from './chart-rules.ts';
import { referencePages } from './reference.ts';

const pages = [...referencePages()].map(([path, text]) => [join('docs', path), text] as const);
for (const [file, text] of [...pages, ['helm/templates/_rules.tpl', chartRules()] as const]) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  process.stdout.write(`${file}\n`);
}

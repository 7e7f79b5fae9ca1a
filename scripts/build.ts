// Compiles the product to dist/, and copies the data files that it reads at run time.
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const result = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (result.status !== 0) process.exit(result.status ?? 1);
cpSync('rules', 'dist/rules', { recursive: true });
cpSync('package.json', 'dist/package.json');
process.stdout.write('dist/ is ready: node dist/src/main.js --help\n');

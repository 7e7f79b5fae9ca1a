#!/usr/bin/env node
// The installed command: compiled code where there is a build, the sources otherwise (a checkout, under Node >= 24).
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const compiled = new URL('../dist/src/main.js', import.meta.url);
await import(existsSync(fileURLToPath(compiled)) ? compiled.href : new URL('../src/main.ts', import.meta.url).href);

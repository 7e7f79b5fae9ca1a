import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'src/**/*.test.ts',
      'detectors/**/*.test.ts',
      'remediations/**/*.test.ts',
      'skills/**/*.test.ts',
      'test/**/*.test.ts',
      'helm/**/*.test.ts',
    ],
    exclude: ['test/world/**/*.e2e.ts', '**/node_modules/**'],
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/*.test.ts', 'test/fuzz/decoders.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'component',
          sequence: { groupOrder: 1 },
          include: ['test/{component,conformance,crash,fuzz}/**/*.test.ts'],
          exclude: ['test/fuzz/decoders.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'e2e',
          sequence: { groupOrder: 2 },
          include: ['test/e2e/**/*.test.ts'],
          // Clusters of one file side by side, where it says so: most of their time they wait for leases and elections.
          maxConcurrency: 3,
          testTimeout: 240_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});

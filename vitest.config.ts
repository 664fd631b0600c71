import { defineConfig } from 'vitest/config';

const names = ['unit', 'conformance', 'differential', 'golden', 'laws', 'fuzz', 'cli'] as const;

export default defineConfig({
  test: {
    // The tests are the machine's only work: as many workers as cores (vitest leaves one idle).
    maxWorkers: '100%',
    projects: names.map((name) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        testTimeout: 300_000,
        hookTimeout: 120_000,
        ...(name === 'cli' ? { globalSetup: ['test/cli/build.ts'] } : {}),
      },
    })),
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary'] },
  },
});

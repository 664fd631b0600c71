import { defineConfig } from 'vitest/config';

const names = ['unit', 'conformance', 'differential', 'golden', 'laws', 'fuzz', 'cli'] as const;

export default defineConfig({
  test: {
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

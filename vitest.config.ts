import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A process for each file: native state is shared by a whole process, and a crash must take down one file only.
    globalSetup: 'test/shared-folder.ts',
    pool: 'forks',
    // By default one less, which on two cores is one.
    maxWorkers: availableParallelism(),
    // Some start processes and threads by the hundred, beside another file's tests.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: 'tsconfig.json' },
  },
});

import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Tests that share a process, which takes 0.5 s to start: those of one thread that neither patch what they share nor crash, and those that
 * do all that in processes of their own. Left out are those that invent arguments of native functions, look at stacks, at what a process
 * does first, or at its memory, and those that set the clock.
 */
const TOGETHER = [
  'test/{key,value,transaction,catalog,read,write,join,key-map,transfer}/**/*.test.ts',
  'test/cli/!(limited-log).test.ts',
  'test/{any-keys,dupsort,model,docs,crash,native,power,workers}/**/*.test.ts',
  'test/versions/!(shared-states|expires*|loaded).test.ts',
  'test/versions/{engine,participants}/!(environment-engine).test.ts',
  'test/versions/model/model.test.ts',
  'test/environment/!(copy|durability|locks).test.ts',
  'test/errors/!(codes).test.ts',
  'test/language/!(untracked-read).test.ts',
  'test/lease/{exit,header,drain/slices}.test.ts',
  'test/safety/{new-listener,patched-*,reentrancy,safety,stack-overflow,twice}.test.ts',
];

export default defineConfig({
  test: {
    globalSetup: 'test/support/shared-folder.ts',
    setupFiles: 'test/support/clean-up.ts',
    // What a file imports is compiled once, for all processes and for the next run.
    experimental: { fsModuleCache: true },
    pool: 'forks',
    // By default one less, which on two cores is one.
    maxWorkers: availableParallelism(),
    // Some start processes and threads by the hundred, beside another file's tests.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // What is waited for comes from other processes, some of which tell it once a second.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        // A process for each file: native state is shared by a whole process, and a crash must take down one file only.
        test: {
          name: 'alone',
          include: ['test/**/*.test.ts'],
          exclude: TOGETHER,
          typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: 'tsconfig.json' },
        },
      },
      { extends: true, test: { name: 'together', include: TOGETHER, isolate: false } },
    ],
  },
});

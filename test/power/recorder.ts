import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/fixture.ts';

let compiled: string | undefined;

/** What loads recorder.c into a process that is started with it, beside other variables of the environment. */
export function recorderVariables(variables: Record<string, string>): NodeJS.ProcessEnv {
  if (compiled === undefined) {
    compiled = join(temporaryFolder(), 'recorder.so');
    const source = fileURLToPath(new URL('recorder.c', import.meta.url));
    const [compiler = 'cc', ...args] = (process.env['CC'] ?? 'cc').split(' ');
    execFileSync(compiler, [...args, '-O1', '-Wall', '-Werror', '-shared', '-fPIC', '-o', compiled, source, '-ldl']);
  }
  return { ...process.env, LD_PRELOAD: compiled, ...variables };
}

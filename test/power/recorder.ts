import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sharedOnce } from '../support/shared-once.ts';

/** These environment variables, and those that load recorder.c into a process that is started with them. */
export function recorderVariables(variables: Record<string, string>): NodeJS.ProcessEnv {
  const folder = sharedOnce('recorder', (making) => {
    const source = fileURLToPath(new URL('recorder.c', import.meta.url));
    const [compiler = 'cc', ...args] = (process.env['CC'] ?? 'cc').split(' ');
    const options = ['-O1', '-Wall', '-Werror', '-shared', '-fPIC', '-o', join(making, 'recorder.so')];
    execFileSync(compiler, [...args, ...options, source, '-ldl']);
  });
  return { ...process.env, LD_PRELOAD: join(folder, 'recorder.so'), ...variables };
}

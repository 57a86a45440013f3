import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/package-root.ts';
import { Failure, NEGATIVE } from '../failure.ts';

/** `leasehold bench`. The benchmarks are in the repository, but not in the package that npm installs. */
export async function bench(name: string | undefined): Promise<number> {
  const program = join(packageRoot, 'bench/run.mjs');
  if (!existsSync(program)) {
    throw new Failure(
      NEGATIVE,
      'the benchmarks are not in the installed package: run `npm run bench` in a clone of the repository',
    );
  }
  const child = spawn(process.execPath, [program, ...(name === undefined ? [] : [name])], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? NEGATIVE));
  });
}

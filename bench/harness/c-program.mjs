import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { stockLmdb } from '../../scripts/patch-lmdb.mjs';
import { output } from './child.mjs';
import { benchFolder, cacheFolder } from './paths.mjs';

const compiler = process.env.CC ?? 'cc';
const flags = ['-O3', '-DNDEBUG', '-w', '-pthread'];

/** Builds `drivers/<name>.c` with the stock LMDB source, unless it has been built already; gives its path. */
export async function buildProgram(name) {
  const lmdb = stockLmdb();
  const sources = [join(benchFolder, 'drivers', `${name}.c`), join(lmdb, 'mdb.c'), join(lmdb, 'midl.c')];
  const hash = createHash('sha256')
    .update(await output(compiler, ['--version']))
    .update(flags.join());
  for (const source of [...sources, join(benchFolder, 'drivers/floor.h')]) hash.update(readFileSync(source));
  const program = join(cacheFolder, `${basename(name)}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(program)) return program;
  mkdirSync(cacheFolder, { recursive: true });
  console.log(`building ${name}.c with ${compiler} ${flags.join(' ')}`);
  await output(compiler, [...flags, '-I', lmdb, '-o', program, ...sources]);
  return program;
}

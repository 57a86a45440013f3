import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { lmdbSource } from '../../scripts/lmdb-source.mjs';
import { output } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { benchFolder, cacheFolder } from '../harness/paths.mjs';
import { KEY_BYTES, recordBlocks, recordBytes } from '../harness/records.mjs';

/** Files that stock LMDB 0.9 writes, in a named database `entries`: leasehold reads the same. */
export const format = 'lmdb-0.9';

const compiler = process.env.CC ?? 'cc';
const flags = ['-O3', '-DNDEBUG', '-w', '-pthread'];
let program;

export async function build() {
  const lmdb = lmdbSource();
  const sources = [join(benchFolder, 'drivers/c.c'), join(lmdb, 'mdb.c'), join(lmdb, 'midl.c')];
  const hash = createHash('sha256')
    .update(await output(compiler, ['--version']))
    .update(flags.join());
  for (const source of sources) hash.update(readFileSync(source));
  program = join(cacheFolder, `c-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(program)) return;
  mkdirSync(cacheFolder, { recursive: true });
  console.log(`building the C floor with ${compiler} ${flags.join(' ')}`);
  await output(compiler, [...flags, '-I', lmdb, '-o', program, ...sources]);
}

export async function prepare(dataset) {
  await build();
  await ensureDataset(dataset, format, (folder) =>
    output(program, ['load', folder, KEY_BYTES, recordBytes(dataset) - KEY_BYTES, dataset.entries], {
      input: recordBlocks(dataset),
    }),
  );
}

export function command(measurement) {
  return run(measurement, datasetFolder(measurement.dataset, format));
}

/** The command that measures a workload on the collection `entries` of the environment in `folder`. */
export function run({ workload, dataset, operations, warmUps, passes, leastMilliseconds }, folder) {
  return [program, ['run', workload, folder, dataset.entries, operations, warmUps, passes, leastMilliseconds]];
}

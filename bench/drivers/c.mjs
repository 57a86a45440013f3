import { buildProgram } from '../harness/c-program.mjs';
import { output } from '../harness/child.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { KEY_BYTES, recordBlocks, recordBytes } from '../harness/records.mjs';

/** Files that stock LMDB 0.9 writes, in a named database `entries`: leasehold reads the same. */
export const format = 'lmdb-0.9';

let program;

/** Builds what `run` starts. */
export async function build() {
  program = await buildProgram('c');
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

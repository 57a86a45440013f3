// The floor of the suite `fields`: the loops of c.c on the file that drivers/struct.mjs writes.
import { datasetFolder } from '../harness/dataset.mjs';
import { build, run } from './c.mjs';
import { format, prepare as prepareRecords } from './struct.mjs';

export { format };

export async function prepare(dataset) {
  await build();
  await prepareRecords(dataset);
}

export function command(measurement) {
  return run(measurement, datasetFolder(measurement.dataset, format));
}

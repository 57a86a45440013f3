// The floor of the suite `names`: the loops of c.c on the file that drivers/names.mjs writes.
import { datasetFolder } from '../harness/dataset.mjs';
import { build, run } from './c.mjs';
import { format, prepare as prepareNames } from './names.mjs';

export async function prepare(dataset) {
  await build();
  await prepareNames(dataset);
}

export function command(measurement) {
  return run(measurement, datasetFolder(measurement.dataset, format));
}

// The loops of c.c in one thread and in two, for the workload `two-workers`.
import { datasetFolder } from '../harness/dataset.mjs';
import { format, prepare, run } from './c.mjs';

export { format, prepare };

export function command(measurement) {
  const workload = measurement.form === 'two' ? 'two-threads' : 'one-thread';
  return run({ ...measurement, workload }, datasetFolder(measurement.dataset, format));
}

import { WIDE_RECORDS } from '../harness/cities.mjs';

export const workload = {
  name: 'field-position',
  title: 'Full scan of records of 40 fields: the first, or the fortieth, read of every record',
  unit: 'ns a record',
  operations: () => WIDE_RECORDS,
  warmUps: 20,
  passes: 5,
  floor: 'struct first',
  contestants: ['struct fortieth'],
  peers: [],
  targets: [{ contestant: 'struct fortieth', against: 'struct first', timesItsTime: 1.1 }],
};

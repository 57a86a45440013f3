// lmdb-js with `randomAccessStructure`: records whose fields are decoded when they are read.
import { citiesDriver } from './lmdb-cities.mjs';

export const { format, command, prepare, open } = citiesDriver('lmdb-js-random-access', {
  randomAccessStructure: true,
});

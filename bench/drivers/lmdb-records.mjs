// lmdb-js as it comes: msgpackr records, whose structures the store shares.
import { citiesDriver } from './lmdb-cities.mjs';

export const { format, command, prepare, open } = citiesDriver('lmdb-js-records', {});

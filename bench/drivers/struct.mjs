// leasehold's structs, all inside one read transaction.
import { measureInNode } from '../harness/child.mjs';
import { cityFields, cityOf, WIDE_RECORDS, wideFields, wideOf } from '../harness/cities.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';
import { open as openEnvironment, struct, t, uint32 } from '../harness/leasehold.mjs';

export const format = 'struct';

export const command = measureInNode;

const City = struct(cityFields(t));
const Wide = struct(Object.fromEntries(wideFields.map(({ name, text }) => [name, text ? t.utf8 : t.u32])));

export async function prepare(dataset) {
  await ensureDataset(dataset, format, (folder) => {
    const env = openEnvironment(folder, { durability: 'nosync' });
    const cities = env.collection('entries', { key: uint32, value: City });
    const wide = env.collection('wide', { key: uint32, value: Wide });
    env.write(() => {
      for (let index = 0; index < dataset.entries; index++) cities.append(index, cityOf(index));
      for (let index = 0; index < WIDE_RECORDS; index++) wide.append(index, wideOf(index));
    });
    env.sync();
    env.close();
  });
}

export function open(dataset) {
  const env = openEnvironment(datasetFolder(dataset, format), { readOnly: true });
  const cities = env.collection('entries', { key: uint32, value: City });
  const wide = env.collection('wide', { key: uint32, value: Wide });
  const txn = env.read();

  const workloads = {
    'number-field': {
      range() {
        let sum = 0;
        for (const { value } of cities.range({}, txn)) sum += value.population;
        return sum;
      },
      scan() {
        let sum = 0;
        cities.scan(
          {},
          ({ value }) => {
            sum += value.population;
          },
          txn,
        );
        return sum;
      },
    },
    'text-field': {
      range() {
        let sum = 0;
        for (const { value } of cities.range({}, txn)) {
          const { name } = value;
          sum += name.length + name.charCodeAt(0);
        }
        return sum;
      },
      scan() {
        let sum = 0;
        cities.scan(
          {},
          ({ value: { name } }) => {
            sum += name.length + name.charCodeAt(0);
          },
          txn,
        );
        return sum;
      },
    },
    'field-position': {
      first() {
        let sum = 0;
        for (const { value } of wide.range({}, txn)) sum += value.field1;
        return sum;
      },
      fortieth() {
        let sum = 0;
        for (const { value } of wide.range({}, txn)) sum += value.field40;
        return sum;
      },
    },
  };

  function close() {
    txn.end();
    env.close();
  }

  return { workloads, close };
}

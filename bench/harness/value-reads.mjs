/**
 * The workload that reads values of one size: `turns` gets for each entry. Between passes it rests for a turn of the event
 * loop, as any program does now and then: the memory of Buffers that were dropped may be given back only there.
 */
export function valueReads({ name, size, entries, valueBytes, turns, targets = [] }) {
  return {
    name,
    title: `Values of ${size} at random keys, first and last byte read`,
    unit: 'ns a get',
    dataset: { name, entries, valueBytes },
    operations: (count) => turns * count,
    rests: true,
    warmUps: 2,
    passes: 3,
    floor: 'c mdb_get',
    contestants: ['leasehold get', 'leasehold getBuffer'],
    peers: ['lmdb getBinaryFast', 'lmdb getBinary'],
    targets,
  };
}

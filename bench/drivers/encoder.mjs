// Encodes records, and stores them nowhere: leasehold's struct codec, and msgpackr with a structure that is known already.
import { createRequire } from 'node:module';
import { measureInNode } from '../harness/child.mjs';
import { cityFields, cityOf } from '../harness/cities.mjs';
import { buildEncoding, loadEncoding } from '../harness/encoding.mjs';

export const command = measureInNode;

export const prepare = buildEncoding;

/** As many records as fit into the processor's caches. */
const RECORDS = 1000;

export async function open(_, operations) {
  const { struct, t, writer } = await loadEncoding();
  const City = struct(cityFields(t));
  // The msgpackr of leasehold itself, which its codec `msgpack` uses.
  const require = createRequire(new URL('../../package.json', import.meta.url));
  const { Packr } = require('msgpackr');
  const cities = Array.from({ length: RECORDS }, (_, index) => cityOf(index));
  const structures = [];
  const packr = new Packr({ structures });

  // Their bytes are not the same, so the records are counted.
  const workloads = {
    encode: {
      leasehold() {
        let records = 0;
        for (let turn = 0; turn < operations; turn++) {
          City.write(cities[turn % RECORDS], writer);
          if (writer.position > 0) records++;
          writer.position = 0;
        }
        return records;
      },
      msgpackr() {
        let records = 0;
        for (let turn = 0; turn < operations; turn++) {
          if (packr.pack(cities[turn % RECORDS]).length > 0) records++;
        }
        return records;
      },
    },
  };
  return { workloads };
}

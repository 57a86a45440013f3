// better-sqlite3: a table with the fields as columns, one of which a statement reads. The file is mapped, so that no page
// is copied to the cache of SQLite's own.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { measureInNode } from '../harness/child.mjs';
import { cityOf } from '../harness/cities.mjs';
import { datasetFolder, ensureDataset } from '../harness/dataset.mjs';

export const format = 'sqlite';

export const command = measureInNode;

const FILE = 'cities.sqlite';
const COLUMNS = `id INTEGER PRIMARY KEY, name TEXT, country TEXT, population INTEGER, lat REAL, lon REAL,
  elevation INTEGER, capital INTEGER, founded INTEGER, timezone TEXT`;

export async function prepare(dataset) {
  await ensureDataset(dataset, format, (folder) => {
    const db = new Database(join(folder, FILE));
    db.exec(`CREATE TABLE cities (${COLUMNS})`);
    const insert = db.prepare(
      `INSERT INTO cities VALUES (@id, @name, @country, @population, @lat, @lon, @elevation, @capital, @founded, @timezone)`,
    );
    db.transaction(() => {
      for (let index = 0; index < dataset.entries; index++) {
        const city = cityOf(index);
        insert.run({ ...city, capital: Number(city.capital), founded: city.founded.getTime() });
      }
    })();
    db.close();
  });
}

export function open(dataset) {
  const db = new Database(join(datasetFolder(dataset, format), FILE), { readonly: true });
  db.pragma(`mmap_size = ${2 ** 31}`);
  const populations = db.prepare('SELECT population FROM cities').pluck();
  const names = db.prepare('SELECT name FROM cities').pluck();
  const workloads = {
    'number-field': {
      pluck() {
        let sum = 0;
        for (const population of populations.iterate()) sum += population;
        return sum;
      },
    },
    'text-field': {
      pluck() {
        let sum = 0;
        for (const name of names.iterate()) sum += name.length + name.charCodeAt(0);
        return sum;
      },
    },
  };
  return { workloads, close: () => db.close() };
}

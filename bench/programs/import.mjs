// A million presorted records of NDJSON into a database: `npm run bench -- import`.
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { output } from '../harness/child.mjs';
import { figure, figureTable } from '../harness/figures.mjs';
import { cacheFolder } from '../harness/paths.mjs';
import { newResult, saveResult } from '../harness/results.mjs';
import { median } from '../harness/statistics.mjs';

const child = fileURLToPath(new URL('import-child.mjs', import.meta.url));

/** Several ways to import with the peer, because the fastest one depends on the machine. */
const contestants = {
  'leasehold importRecords': 'leasehold',
  'lmdb-js readline, putSync': 'readline',
  'lmdb-js split, putSync': 'putSync',
  'lmdb-js split, put': 'put',
};
const [own, ...peers] = Object.keys(contestants);
const TIMES_AS_FAST = 1.5;

/** The most that memory may grow, as a ratio, from a quarter of the records (three transactions) to all of them. */
const MEMORY_GROWTH = 1.25;

export async function run({ rounds, entries = 1_000_000 }) {
  const all = await records(entries);
  const few = Math.ceil(entries / 4);
  const quarter = await records(few);
  const result = newResult('import', rounds);
  const results = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  const names = Object.keys(contestants);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round) % names.length];
      results[name].push(await measure(contestants[name], all, entries));
    }
  }
  const small = [];
  for (let round = 0; round < rounds; round++) small.push(await measure('leasehold', quarter, few));

  // Within each round, against the peer that was fastest in it.
  const ratios = results[own].map(
    ({ seconds }, i) => Math.min(...peers.map((name) => results[name][i].seconds)) / seconds,
  );
  const memoryOf = (measured) => median(measured.map(({ memory }) => memory));
  const figures = [
    ...Object.entries(results).flatMap(([name, measured]) => [
      figure(
        name,
        's',
        measured.map(({ seconds }) => seconds),
      ),
      figure(
        `${name}, memory`,
        'MB',
        measured.map(({ memory }) => memory / 1e6),
      ),
    ]),
    figure('times as fast as the fastest peer', 'times', ratios, { least: TIMES_AS_FAST, travels: true }),
    figure('memory of all over that of a quarter', 'times', [memoryOf(results[own]) / memoryOf(small)], {
      most: MEMORY_GROWTH,
      travels: true,
    }),
  ];
  console.log(`import: ${entries.toLocaleString('en')} records of 10 fields in order, ${rounds} rounds`);
  console.log(`${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}

async function measure(form, file, entries) {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-bench-'));
  try {
    const result = JSON.parse(await output(process.execPath, [child, form, file, folder]));
    if (result.rows !== entries) throw new Error(`${form} has ${result.rows} records of ${entries}`);
    return result;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A file of records, the same on every machine. */
async function records(entries) {
  const file = join(cacheFolder, `records-${entries}.ndjson`);
  if (existsSync(file)) return file;
  mkdirSync(cacheFolder, { recursive: true });
  await pipeline(Readable.from(blocks(entries)), createWriteStream(`${file}.unfinished`));
  renameSync(`${file}.unfinished`, file);
  return file;
}

function* blocks(entries) {
  let block = '';
  for (let i = 0; i < entries; i++) {
    const mixed = Math.imul(i + 1, 0x9e3779b1) >>> 0;
    block += `${JSON.stringify({
      id: `order-${String(i).padStart(10, '0')}`,
      customer: `customer ${mixed % 100_000}`,
      email: `someone${mixed % 100_000}@example.com`,
      country: ['FR', 'DE', 'JP', 'BR', 'IN', 'US', 'ZA', 'NO'][mixed % 8],
      city: ['Paris', 'São Paulo', 'Tokyo', 'Oslo', 'Mumbai'][mixed % 5].slice(0, 3 + (mixed % 7)),
      quantity: mixed % 1000,
      price: (mixed % 1_000_000) / 100,
      weight: mixed / 1e6,
      express: mixed % 3 === 0,
      note: 'to be left at the door, please'.slice(0, mixed % 30),
    })}\n`;
    if (block.length < 2 ** 16) continue;
    yield block;
    block = '';
  }
  yield block;
}

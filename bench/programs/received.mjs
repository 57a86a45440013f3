// Rows that came in a block along with their table, read as Values: `npm run bench -- received`.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { output } from '../harness/child.mjs';
import { figure, figureTable } from '../harness/figures.mjs';
import { rootFolder } from '../harness/paths.mjs';
import { newResult, saveResult } from '../harness/results.mjs';
import { requireAgreement } from '../harness/summary.mjs';

const child = fileURLToPath(new URL('received-child.mjs', import.meta.url));
const modes = {
  loop: 'a loop over the table, without a Value',
  block: 'ReceivedBlock: adopted, and a Value a row',
  receive: 'a block filled in the same memory, and the loop',
  reused: 'the same, and a Value a row; then they expire',
  fresh: 'the same, and a Value a row; each block in memory of its own',
  held: 'the same, and 1 Value in 1,000 held',
  source: 'the same: LeaseSource, Value.from of each',
  copies: 'the same: a Buffer with a copy of each',
};

/** What dist/ does not have, since no program has a use for it yet: the library with ReceivedBlock. Gives its file. */
async function bundle() {
  const { build } = await import(
    pathToFileURL(createRequire(join(rootFolder, 'package.json')).resolve('rolldown')).href
  );
  const entry = `
    import '${rootFolder}/lib/index.ts';
    export { Value } from '${rootFolder}/lib/value/value.ts';
    export { NO_VIEWS } from '${rootFolder}/lib/lease/lease.ts';
    export { LeaseSource } from '${rootFolder}/lib/lease/sources/lease-source.ts';
    export { ReceivedBlock } from '${rootFolder}/lib/lease/sources/received-block.ts';`;
  // One folder below the root, where the addon is looked for.
  const file = join(rootFolder, 'build/received.mjs');
  await build({
    cwd: rootFolder,
    input: 'received',
    platform: 'node',
    external: (id) => id.startsWith('node:'),
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'received' ? id : null),
        load: (id) => (id === 'received' ? entry : null),
      },
    ],
    output: { file, format: 'esm' },
  });
  return file;
}

export async function run({ rounds, entries = 1_000_000 }) {
  const library = pathToFileURL(await bundle()).href;
  const result = newResult('received', rounds);
  const results = Object.fromEntries(Object.keys(modes).map((mode) => [mode, []]));
  for (let round = 0; round < rounds; round++) {
    for (const mode of Object.keys(modes)) {
      results[mode].push(JSON.parse(await output(process.execPath, [child, library, mode, entries])));
    }
  }
  requireAgreement({ name: 'received' }, results);
  const figures = Object.entries(modes).map(([mode, name]) =>
    figure(
      name,
      'ns a row',
      results[mode].map(({ row }) => row),
    ),
  );
  const head = `received: blocks of 64 KiB, values of 100 bytes, ${entries.toLocaleString('en')} rows, ${rounds} rounds`;
  console.log(`${head}\n${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}

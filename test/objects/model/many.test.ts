import { test } from 'vitest';
import { collect, temporaryFolder } from '../../support/fixture.ts';
import { sources } from './library.ts';
import { ObjectModel } from './object-model.ts';

test('many', async () => {
  const library = await sources();
  const from = Number(process.env['LEASEHOLD_FROM']);
  const many = Number(process.env['LEASEHOLD_MANY']);
  let failed = 0;
  for (let seed = from; seed < from + many; seed++) {
    const model = new ObjectModel({ library, path: temporaryFolder(), seed, collect });
    await model.run(500).catch((error: Error) => {
      failed++;
      process.stderr.write(`\nSEED ${seed}: ${error.message.split('\n')[0]?.slice(0, 230)} | ${error.stack?.split('\n').filter((l) => l.includes(' at ')).slice(0, 5).map((l) => l.trim().split(' ')[1]).join(' < ')}\n`);
    });
  }
  process.stderr.write(`\nSEEDS ${many}, failed ${failed}\n`);
}, 7_200_000);

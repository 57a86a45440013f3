import { writeFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { importRecords, struct, t, utf8 } from '../../lib/index.ts';
import { builtLibrary, WaitingChild } from '../support/child.ts';
import { collectionOf } from '../support/fixture.ts';
import { failure, newPath } from './files.ts';

const children: WaitingChild[] = [];
afterAll(() => Promise.all(children.map((child) => child.kill())));

/**
 * Another process. It holds the write lock until it is sent a line. Then it commits a row and the checkpoint of an import of `file`, as the first
 * transaction of an import does.
 */
const IMPORTER = `
  const part = (path) => import(args.library + '/dist/' + path);
  const { open: openThere } = await part('index.js');
  const { openCollectionOf } = await part('environment/collection.js');
  const { inWrite } = await part('transaction/in-write.js');
  const { Checkpoint } = await part('transfer/import/checkpoint.js');
  const env = openThere(args.path);
  const items = env.collection('items');
  const there = openCollectionOf(items);
  const checkpoint = await Checkpoint.of(there, args.file, 'the options of another import');
  inWrite(there.environment, (transaction) => {
    tell('holds the lock');
    waitForLine();
    items.put('row', { id: 'row' });
    checkpoint.save(transaction, { mark: { offset: 0, line: 1 }, rows: 1, rejected: 0, rejectsSize: 0, inferred: [] });
  });
  env.close();
  tell('committed');
`;

test('a clear in a batch forgets an import whose first checkpoint another process commits before the turn of the batch', async () => {
  const { env, items } = collectionOf({ key: utf8, value: struct({ id: t.utf8 }) });
  const file = newPath('rows.ndjson');
  writeFileSync(file, '{"id":"row"}\n{"id":"other"}\n');
  const resumed = () => importRecords(items, file, { key: 'id', resume: true });
  const importing = async (clear: () => Promise<unknown> | undefined): Promise<unknown> => {
    const child = new WaitingChild(IMPORTER, { library: builtLibrary('files'), path: env.path, file });
    children.push(child);
    expect(await child.next()).toBe('holds the lock');
    // The clear is encoded now, but it runs only after the other process has committed.
    const cleared = clear();
    child.send('go on');
    expect(await child.next()).toBe('committed');
    return cleared;
  };
  // Without a clear, the checkpoint of an import with other options is found, and refused.
  await importing(() => undefined);
  expect((await failure(resumed())).message).toContain('have changed');
  items.clear();
  expect(await importing(() => env.batch([{ type: 'clear', collection: items }]))).toEqual([1]);
  expect(await resumed()).toMatchObject({ rows: 2 });
  expect(items.count()).toBe(2);
});

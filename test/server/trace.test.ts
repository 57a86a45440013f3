import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTrace } from '../../lib/cache/trace/read-trace.ts';
import { READ, WRITE } from '../../lib/cache/trace/trace-batch.ts';
import { connect } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { serve } from '../../lib/server/index.ts';
import { openTemporary, rejection, temporaryFolder } from '../support/fixture.ts';

test('a server records what is read and written', async () => {
  const path = join(temporaryFolder(), 'shop-%p.trace');
  const env = openTemporary();
  const server = await serve(env, { listen: 'tcp://127.0.0.1:0', trace: path });
  const store = await connect(server.addresses[0] as string);
  const items = store.collection('items', { key: utf8, value: json });
  await items.put('a', 'x'.repeat(98));
  await items.get('a');
  await items.get('none');
  await items.getMany(['a', 'none']);
  await items.del('a');
  await store.close();
  await server.close();
  const file = path.replace('%p', String(process.pid));
  const records: [op: number, size: number, key: number][] = [];
  for await (const { count, ops, sizes, keys } of readTrace(createReadStream(file), { name: file })) {
    for (let i = 0; i < count; i++) records.push([ops[i] as number, sizes[i] as number, keys[i] as number]);
  }
  const [a, none] = [records[0]?.[2], records.find(([op, size]) => op === READ && size === 0)?.[2]];
  expect(a).not.toBe(none);
  expect(records.slice(0, 5)).toEqual([
    [WRITE, 100, a],
    [READ, 100, a],
    [READ, 0, none],
    [READ, 100, a],
    [READ, 0, none],
  ]);
  expect(records.at(-1)).toEqual([WRITE, 0, a]);
});

test('a file that cannot be written is an error', async () => {
  const trace = join(temporaryFolder(), 'none', 'shop.trace');
  expect((await rejection(serve(openTemporary(), { listen: 'tcp://127.0.0.1:0', trace }))).code).toBe('ENOENT');
});

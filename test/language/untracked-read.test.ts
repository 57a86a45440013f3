import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { uint32, utf8 } from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';

const env = openTemporary();
const items = env.collection('items', { key: utf8, value: uint32 });

// In a file of its own: it is about the first asynchronous read of a process.
test('a function that returns a promise without being async: a warning the first time, then as an async one', async () => {
  const later = async () => {
    await turn();
    return items.get('a');
  };
  items.put('a', 1);
  const warned = once(process, 'warning');
  await env.read(() => later());
  const [warning] = (await warned) as [Error & { code: string }];
  expect(warning.code).toBe('LEASEHOLD_UNTRACKED_READ');

  const read = env.read(() => later());
  items.put('a', 2);
  expect(await read).toBe(1);
});

import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bytes, uint32 } from '../../lib/index.ts';
import { childProgram } from '../support/child.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';

const traces = spawnSync('strace', ['-V']).status === 0;

test.skipIf(!traces)('a file that grows while it is opened is not taken for a truncated one', async () => {
  const path = temporaryFolder();
  const env = openAt(path, { durability: 'nosync', mapSize: 2 ** 30 });
  const items = env.collection('items', { key: uint32, value: bytes });
  items.put(0, Buffer.alloc(10));
  const program = childProgram(`
    const env = open(args.path, { durability: 'nosync' });
    tell(env.collection('items').get(0).byteLength);
    env.close();`);
  // Others can commit after the program has asked for the size of the file, and before it uses the answer.
  const delays = ['-P', join(path, 'data.mdb'), '-e', 'inject=fstat,newfstatat:delay_exit=100000'];
  const child = spawn('strace', [
    '-f',
    '-o',
    '/dev/null',
    ...delays,
    process.execPath,
    program,
    JSON.stringify({ path }),
  ]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const ended = new Promise((resolve) => child.on('close', resolve));
  let running = true;
  void ended.then(() => (running = false));
  for (let i = 1; running; i++) {
    items.put(i, Buffer.alloc(20_000));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect([await ended, output]).toEqual([0, '10\n']);
});
